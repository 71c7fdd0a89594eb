"""The application services: each act of the staff, decided, committed, then carried out."""
