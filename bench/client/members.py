"""The accounts of benchmark members, and settings without limits for them."""

PASSWORD = "a kettle sings in the rain"  # noqa: S105 - no real account
WRONG_PASSWORD = "a kettle sings in the snow"  # noqa: S105 - no real account

REGISTER, SIGN_IN, FORGOT, REFRESH, CODE = (
    f"/v1/auth/{path}" for path in ("register", "login", "password/forgot", "refresh", "code")
)
LIMITS = "registrations_a_minute sign_ins_a_minute requests_a_minute guesses_free account_guesses network_guesses"
NO_LIMITS: dict[str, str] = dict.fromkeys([*LIMITS.split(), "mails_an_hour", "mails_a_day"], "1000000")
