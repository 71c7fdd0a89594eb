"""Staff: accounts, sessions, tickets."""

from records.staff.accounts import Credentials, Staff, StaffAccount, plain_login
from records.staff.sessions import Sessions, SignedIn

__all__ = ["Credentials", "Sessions", "SignedIn", "Staff", "StaffAccount", "plain_login"]
