"""smtplib-auth.py PORT FILE FROM TO CA implicit|starttls USER PASSWORD sends a file over TLS, authenticated."""
import smtplib
import ssl
import sys

port, file, sender, recipient, ca, mode, user, password = sys.argv[1:]
tls = ssl.create_default_context(cafile=ca)
if mode == "implicit":
    connection = smtplib.SMTP_SSL("127.0.0.1", int(port), "client.example", timeout=60, context=tls)
else:
    connection = smtplib.SMTP("127.0.0.1", int(port), "client.example", timeout=60)
with open(file, "rb") as message, connection as smtp:
    if mode == "starttls":
        smtp.starttls(context=tls)
    smtp.login(user, password)
    refused = smtp.sendmail(sender, [recipient], message.read())
    assert not refused, refused
