"use strict";
// Tables sort by a click on a heading and filter by a word; without this script they are read as they are.
document.querySelectorAll("table").forEach(function (table) {
  var body = table.tBodies[0], heads = table.tHead.rows[0].cells, rows = Array.from(body.rows);
  if (rows.length < 2) return;
  function text(row, place) { return row.cells[place].textContent; }
  function number(words) { return parseFloat(words.replace(/,/g, "")); }
  function compare(one, other) {
    var a = number(one), b = number(other);
    if (isNaN(a) !== isNaN(b)) return isNaN(a) ? 1 : -1;
    return (isNaN(a) ? 0 : a - b) || one.localeCompare(other, "en", {numeric: true});
  }
  Array.from(heads).forEach(function (head, place) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending";
      Array.from(heads).forEach(function (one) { one.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort(function (one, other) { return (down ? -1 : 1) * compare(text(one, place), text(other, place)); });
      body.append.apply(body, rows);
    });
  });
  if (rows.length < 9) return;
  var tools = document.createElement("p"), label = document.createElement("label");
  var input = document.createElement("input"), told = document.createElement("output"), save = document.createElement("button");
  tools.className = "tools";
  input.type = "search";
  label.append("filter ", input);
  save.type = "button";
  save.textContent = "save as CSV";
  tools.append(label, told, save);
  table.parentNode.before(tools);
  input.addEventListener("input", function () {
    var words = input.value.toLowerCase().split(/\s+/), count = 0;
    rows.forEach(function (row) {
      var all = Array.from(row.cells, function (cell) { return cell.textContent; }).join(" ").toLowerCase();
      row.hidden = !words.every(function (word) { return all.includes(word); });
      count += !row.hidden;
    });
    told.textContent = count + " of " + rows.length + " rows";
  });
  save.addEventListener("click", function () {
    var lines = [table.tHead.rows[0]].concat(rows).map(function (row) {
      return Array.from(row.cells, function (cell) {
        var words = cell.textContent;
        if (/^[=+\-@]/.test(words) && isNaN(number(words))) words = "'" + words;
        return '"' + words.replace(/"/g, '""') + '"';
      }).join(",");
    });
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], {type: "text/csv"}));
    link.download = "configspec.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  });
});
