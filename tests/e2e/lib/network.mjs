// network.mjs: losses and narrow links in the test's own network

import { execFileSync, spawn } from 'node:child_process';
import { until } from './process.mjs';

/** @param {string} command */
function run(command) {
  const [program, ...args] = command.split(' ');
  return execFileSync(program, args, { encoding: 'utf8' });
}

/**
 * Drops so many of a thousand UDP packets, each way; none from the end of what is returned on.
 * @param {number} perMille
 */
export function lose(perMille) {
  run('nft add table inet loss');
  // On the way in: what is dropped on the way out, its sender would be told of.
  run('nft add chain inet loss in { type filter hook input priority 0 ; }');
  run(`nft add rule inet loss in meta l4proto udp ${perMille >= 1000 ? '' : `numgen random mod 1000 < ${perMille} `}drop`);
  return () => void run('nft delete table inet loss');
}

/**
 * A network of its own at the other end of the pair that netns.sh made: 10.99.0.2, reached by a link whose
 * rate can be set. What runs in it is started with `nsenter`, whose arguments these are. Once in a file.
 * @param {import('node:test').TestContext} t
 */
export async function openFarSide(t) {
  const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  const pid = /** @type {number} */ (holder.pid);
  const enter = `nsenter --net=/proc/${pid}/ns/net`;
  t.after(() => void holder.kill('SIGKILL'));
  const own = run('readlink /proc/self/ns/net');
  await until(() => run(`readlink /proc/${pid}/ns/net`) !== own, 5000, 'a network of its own');
  run(`ip link set mb1 netns ${pid}`);
  for (const command of ['ip link set lo up', 'ip link set mb1 up', 'ip address add 10.99.0.2/24 dev mb1',
    'ip route add default via 10.99.0.1 dev mb1'])
    run(`${enter} ${command}`);
  return {
    enter: enter.split(' '),
    /** What may leave the far side, in kb/s; null is everything. @param {number | null} kbps */
    limit: (kbps) => {
      if (run(`${enter} tc qdisc show dev mb1`).includes('tbf'))
        run(`${enter} tc qdisc del dev mb1 root`);
      if (kbps !== null)
        run(`${enter} tc qdisc add dev mb1 root tbf rate ${kbps}kbit burst 16kb latency 100ms`);
    },
    /** Bytes and packets that left, and packets that did not, since the limit was set. */
    sent: () => {
      const found = /Sent (\d+) bytes (\d+) pkt \(dropped (\d+)/.exec(run(`${enter} tc -s qdisc show dev mb1`));
      if (!found)
        throw new Error('no figures of the link');
      return { bytes: Number(found[1]), packets: Number(found[2]), dropped: Number(found[3]) };
    },
  };
}
