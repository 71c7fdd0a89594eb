"""The benchmark `flood`: how long the telephone's webhooks take while strangers flood every port."""
