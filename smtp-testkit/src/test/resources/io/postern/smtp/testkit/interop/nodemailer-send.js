// nodemailer-send.js PORT FILE FROM TO... sends a file as it is.
const fs = require('fs');
const nodemailer = require('nodemailer');

const [port, file, from, ...to] = process.argv.slice(2);
const transport = nodemailer.createTransport({ host: '127.0.0.1', port: Number(port), secure: false, ignoreTLS: true });
transport
    .sendMail({ envelope: { from, to }, raw: fs.readFileSync(file) })
    .then(info => {
        if (info.accepted.length !== to.length) {
            throw new Error(JSON.stringify(info));
        }
        transport.close();
    })
    .catch(error => {
        console.error(error);
        process.exit(1);
    });
