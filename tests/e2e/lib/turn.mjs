// turn.mjs: coturn between two sides that cannot reach each other

import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start } from './process.mjs';

export const NEAR = '10.99.0.1';
export const FAR = '10.99.0.2';
export const PORT = 34781;
export const TLS_PORT = 34782;
const SECRET = 'north-and-south';

/** Between both sides there is no UDP but that of the TURN server, or none at all. */
export function separate(turnPort = PORT) {
  const run = (/** @type {string} */ command) => execFileSync('nft', command.split(' '));
  run('add table inet apart');
  run('flush table inet apart');
  run('add chain inet apart in { type filter hook input priority 0 ; }');
  run('add chain inet apart out { type filter hook output priority 0 ; }');
  run(`add rule inet apart in ip saddr ${FAR} udp dport != ${turnPort} drop`);
  run(`add rule inet apart out ip daddr ${FAR} udp sport != ${turnPort} drop`);
}

/** A TURN server with a certificate of its own (`cert.pem`); its secret is in `turn`. @param {string} dir */
export async function startTurn(t, dir) {
  await writeFile(join(dir, 'turn'), SECRET, { mode: 0o600 });
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=turn', '-addext', `subjectAltName=IP:${NEAR}`,
    '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')], { stdio: 'ignore' });
  await writeFile(join(dir, 'turnserver.conf'), [
    `listening-ip=${NEAR}`, `relay-ip=${NEAR}`, `listening-port=${PORT}`, `tls-listening-port=${TLS_PORT}`, `cert=${join(dir, 'cert.pem')}`,
    `pkey=${join(dir, 'key.pem')}`, 'realm=test', 'use-auth-secret', `static-auth-secret=${SECRET}`,
    'no-dtls', 'no-cli', `userdb=${join(dir, 'db')}`, `pidfile=${join(dir, 'pid')}`, 'log-file=stdout', 'simple-log', '',
  ].join('\n'));
  return start(t, ['-c', join(dir, 'turnserver.conf')], { program: 'turnserver' });
}
