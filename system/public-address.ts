import { BlockList, isIP, isIPv4 } from 'node:net'

/** IPv4 addresses that are nobody's on the public internet: the registry of RFC 6890, and what is multicast or reserved. */
const NOT_PUBLIC: readonly [base: string, bits: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]

/**
 * Of IPv6 only what is given out as unicast (2000::/3) is public, less documentation and what carries an IPv4 address
 * within it: Teredo and its neighbours (2001::/23), 6to4 (2002::/16). Mapped and NAT64 addresses lie outside.
 */
const UNICAST: readonly [base: string, bits: number] = ['2000::', 3]
const NOT_PUBLIC_6: readonly [base: string, bits: number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const closed = new BlockList()
for (const [base, bits] of NOT_PUBLIC) closed.addSubnet(base, bits, 'ipv4')
for (const [base, bits] of NOT_PUBLIC_6) closed.addSubnet(base, bits, 'ipv6')
const open = new BlockList()
open.addSubnet(...UNICAST, 'ipv6')

/** Whether an IP address is one of the public internet: nothing of this machine or of a network around it. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !closed.check(address, 'ipv4')
  return isIP(address) === 6 && open.check(address, 'ipv6') && !closed.check(address, 'ipv6')
}

const SELF_OR_NOBODY: readonly [base: string, bits: number, family: 'ipv4' | 'ipv6'][] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
]
const selfOrNobody = new BlockList()
for (const [base, bits, family] of SELF_OR_NOBODY) selfOrNobody.addSubnet(base, bits, family)

/** Whether an IP address, in whatever form, belongs to the machine itself, to everybody at once, or to nobody. */
export const isSelfOrNobody = (address: string): boolean =>
  selfOrNobody.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
