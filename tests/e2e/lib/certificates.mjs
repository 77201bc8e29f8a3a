// certificates.mjs: an authority of the test's own and what it signs, made by openssl

import { execFileSync } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './process.mjs';

/** @param {string[]} args */
function openssl(...args) {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** @param {import('node:test').TestContext} t */
export async function makeAuthority(t) {
  const path = await folder(t);
  const ca = join(path, 'ca.pem');
  const caKey = join(path, 'ca.key');
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=Test authority', '-keyout', caKey, '-out', ca);
  let serial = 1;
  return {
    path,
    ca,
    /** PEM, for Node. */
    pem: readFileSync(ca, 'utf8'),
    /**
     * A certificate for this machine.
     * @param {string} name of its files and its subject
     * @param {{rsa?: boolean, names?: string}} [options]
     */
    issue(name, { rsa = false, names = 'DNS:localhost,IP:127.0.0.1' } = {}) {
      const certificate = join(path, `${name}.pem`);
      const key = join(path, `${name}.key`);
      writeFileSync(join(path, 'names'), `subjectAltName=${names}\n`);
      openssl('req', ...(rsa ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']),
        '-nodes', '-subj', `/CN=${name}`, '-keyout', key, '-out', join(path, 'request'));
      openssl('x509', '-req', '-in', join(path, 'request'), '-CA', ca, '-CAkey', caKey, '-set_serial', String(serial++),
        '-days', '1', '-extfile', join(path, 'names'), '-out', certificate);
      const spki = new X509Certificate(readFileSync(certificate)).publicKey.export({ type: 'spki', format: 'der' });
      return { certificate, key, spki: createHash('sha256').update(spki).digest('base64') };
    },
  };
}
