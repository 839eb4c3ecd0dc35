"""The accounts of benchmark members, and settings without limits for them."""

PASSWORD = "a kettle sings in the rain"  # noqa: S105 - no real account
WRONG_PASSWORD = "a kettle sings in the snow"  # noqa: S105 - no real account

REGISTER, SIGN_IN, FORGOT, REFRESH = (
    f"/v1/auth/{path}" for path in ("register", "login", "password/forgot", "refresh")
)
LIMITS = "registrations_a_minute sign_ins_a_minute requests_a_minute guesses_free network_guesses mails_an_hour"
NO_LIMITS: dict[str, str] = dict.fromkeys(LIMITS.split(), "1000000")
