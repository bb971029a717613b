/** Facts of the machine the collector runs on, for events. */
import { arch, hostname, networkInterfaces, release, type } from 'node:os';
import { newMetadata } from '../../component/event.ts';

/** Host name, addresses that others can reach, and operating system. Frozen: all events share it. */
export function hostFacts(): object {
  const addresses = Object.values(networkInterfaces())
    .flatMap((addressesOfOne) => addressesOfOne ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
  const os = Object.freeze(Object.assign(newMetadata(), { type: type(), release: release(), arch: arch() }));
  return Object.freeze(Object.assign(newMetadata(), { name: hostname(), addresses: Object.freeze(addresses), os }));
}
