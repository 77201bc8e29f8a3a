// token.mjs: JSON Web Tokens made by Node's own cryptography, good ones and others

import { createHmac, sign } from 'node:crypto';

/** @param {unknown} value */
function encode(value) {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/**
 * @param {object} claims `exp` is in two minutes where they do not say
 * @param {{alg?: string, kid?: string, key: string | import('node:crypto').KeyObject}} by what signs it
 */
export function makeToken(claims, { alg = 'HS256', kid, key }) {
  const exp = Math.floor(Date.now() / 1000) + 120;
  const text = `${encode({ alg, typ: 'JWT', ...(kid && { kid }) })}.${encode({ exp, ...claims })}`;
  const signature = alg === 'HS256'
    ? createHmac('sha256', key).update(text).digest()
    : sign('sha256', Buffer.from(text), { key: /** @type {import('node:crypto').KeyObject} */ (key), dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** @param {string} token */
export function bearer(token) {
  return { Authorization: `Bearer ${token}` };
}
