"""A telephone network in a process: it speaks Twilio's wire to the production path.

What is known of Twilio's behaviour is reproduced; what could only be proved
with an account is a setting, marked [check] where it is declared. Everything
is kept in memory, as it plays the network: our service may die and come back
while the calls go on.
"""
