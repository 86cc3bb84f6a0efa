// SPDX-License-Identifier: MIT
// The same in Node, with nodemailer: the hosts in their order, and the answer
// of the one that took the message.  node mailer.js FROM TO HOST:PORT...
const nodemailer = require("nodemailer");

async function send(hosts, from, to) {
  let last;
  for (const place of hosts) {
    const [host, port] = place.split(":");
    const transport = nodemailer.createTransport({
      host, port: Number(port), secure: false, ignoreTLS: true,
      connectionTimeout: 5000, greetingTimeout: 5000, socketTimeout: 5000,
    });
    try {
      const info = await transport.sendMail(
        {from, to, subject: "Report", text: "All is well."});
      return {accepted: info.accepted, by: place};
    } catch (error) {
      last = {code: error.code, response: error.responseCode};
      if (error.responseCode >= 500) break;
    } finally {
      transport.close();
    }
  }
  return {accepted: [], error: last};
}

const [from, to, ...hosts] = process.argv.slice(2);
send(hosts, from, to).then((result) => console.log(JSON.stringify(result)));
