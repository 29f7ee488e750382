// nodemailer-auth.js PORT FILE FROM TO CA implicit|starttls METHOD USER PASSWORD sends a file over TLS, authenticated.
const fs = require('fs');
const nodemailer = require('nodemailer');

const [port, file, from, to, ca, mode, method, user, pass] = process.argv.slice(2);
const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: Number(port),
    secure: mode === 'implicit',
    requireTLS: true,
    tls: { ca: fs.readFileSync(ca) },
    authMethod: method,
    auth: { user, pass }
});
transport
    .sendMail({ envelope: { from, to }, raw: fs.readFileSync(file) })
    .then(info => {
        if (info.accepted.length !== 1) {
            throw new Error(JSON.stringify(info));
        }
        transport.close();
    })
    .catch(error => {
        console.error(error);
        process.exit(1);
    });
