"""What supervisors set on queues at once: closed, or a message."""

from records.overrides.overrides import QueueOverride, QueueOverrides, checked_words

__all__ = ["QueueOverride", "QueueOverrides", "checked_words"]
