"""Models as their makers publish them: folders of safetensors, configurations, tokenizers."""
