"""The guided journey: 21 days, one person, at their own pace."""
