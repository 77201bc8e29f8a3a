// flooder.mjs: a process of its own that floods a room: node flooder.mjs PORT signal|ping|deaf MS
//
// It says `ready` once it is in. `signal`: four members signal each other without a pause; `ping`: the same
// with ping frames; `deaf`: members that ask for answers and never read one.

import { frame, joined, PING, TEXT } from './raw.mjs';

const [port, kind, ms] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const members = [];
for (let n = 0; n < 4; n += 1)
  members.push(await joined(port, 'flood'));
console.log('ready');
members.forEach((member, n) => {
  const to = members[(n + 1) % members.length].id;
  const one = kind === 'ping' ? frame(PING, 'x')
    : frame(TEXT, JSON.stringify({ type: 'signal', to, data: 'x'.repeat(1000) }));
  const many = Buffer.concat(Array(kind === 'ping' ? 5000 : 50).fill(one));
  member.keep = false;
  // What comes back is thrown away unparsed: this process is to be the fastest it can be.
  member.take = () => {};
  if (kind === 'deaf')
    member.socket.pause();
  const go = () => {
    if (member.closedAfter === null)
      while (member.socket.write(many));
  };
  member.socket.on('drain', go);
  go();
});
setTimeout(() => process.exit(0), ms);
