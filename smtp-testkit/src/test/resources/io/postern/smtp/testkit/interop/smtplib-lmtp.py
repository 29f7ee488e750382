"""smtplib-lmtp.py PORT|SOCKET FILE FROM TO=CODE... delivers a file, and checks the reply for each recipient."""
import smtplib
import sys

where, file, sender, *expected = sys.argv[1:]
expected = dict(to.split("=") for to in expected)
address = (where, 0) if where.startswith("/") else ("127.0.0.1", int(where))
with open(file, "rb") as message, smtplib.LMTP(*address, "client.example") as lmtp:
    assert lmtp.ehlo()[0] == 250
    assert lmtp.mail(sender)[0] == 250
    given = {to: lmtp.rcpt(to)[0] for to in expected}
    accepted = [to for to in given if given[to] == 250]
    # data() reads the first of the replies
    given[accepted[0]] = lmtp.data(message.read().replace(b"\n", b"\r\n"))[0]
    for to in accepted[1:]:
        given[to] = lmtp.getreply()[0]
    assert {to: str(code) for to, code in given.items()} == expected, given
    assert lmtp.noop()[0] == 250
