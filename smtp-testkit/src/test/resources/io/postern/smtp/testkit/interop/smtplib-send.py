"""smtplib-send.py PORT FILE FROM TO... sends a file as it is."""
import smtplib
import sys

port, file, sender, *recipients = sys.argv[1:]
with open(file, "rb") as message, smtplib.SMTP("127.0.0.1", int(port), "client.example", timeout=60) as smtp:
    refused = smtp.sendmail(sender, recipients, message.read(), mail_options=["BODY=8BITMIME"])
    assert not refused, refused
