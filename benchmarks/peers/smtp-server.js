'use strict';
// Takes mail with smtp-server (https://nodemailer.com/smtp-server), by STARTTLS or plain, and keeps nothing.
// Arguments: port, file of the certificate, file of its key. Says "ready" when it listens.
const fs = require('node:fs');
const { SMTPServer } = require('smtp-server');

const [port, cert, key] = process.argv.slice(2);
const server = new SMTPServer({
    cert: fs.readFileSync(cert),
    key: fs.readFileSync(key),
    authOptional: true,
    disabledCommands: ['AUTH'],
    disableReverseLookup: true,
    onData(body, session, answer) {
        body.on('end', answer);
        body.resume();
    }
});
server.on('error', error => console.error(error.message));
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
