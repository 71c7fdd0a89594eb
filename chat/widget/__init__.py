"""The chat page: a template, a style sheet and small modules, served without any build step."""
