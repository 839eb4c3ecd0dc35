"""User accounts: registration, sign-in, sessions, profiles and consents."""
