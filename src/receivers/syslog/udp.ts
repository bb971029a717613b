/** Chooses how UDP is read: in batches where the addon was built, one datagram at a time elsewhere. */
import type { NetworkAddress } from './address.ts';
import { BatchedUdpListener } from './batched-udp-listener.ts';
import type { Intake } from './intake.ts';
import type { Listener } from './listener.ts';
import { udpAddon } from './udp-addon.ts';
import { UdpListener } from './udp-listener.ts';

let said = false;

/** The listener for an address, unbound. The first one in a process has the log say which it is. */
export function udpListener(wanted: NetworkAddress, intake: Intake): Listener {
  const found = udpAddon();
  if (!said) intake.log.info('addon' in found ? 'reads UDP in batches' : readsOneByOne(found.missing));
  said = true;
  return 'addon' in found ? new BatchedUdpListener(found.addon, wanted, intake) : new UdpListener(wanted, intake);
}

function readsOneByOne(why: string): string {
  const advice =
    process.platform === 'linux'
      ? '. For several times the rate, install a C compiler, run `node scripts/compile-native.mjs` in the folder of lnmt-collector, and restart'
      : '';
  return `reads UDP one datagram at a time, since the addon for batches is not there: ${why}${advice}`;
}
