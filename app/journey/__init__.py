"""A guided 21-day self-help program (a journey), which members complete at their own pace."""
