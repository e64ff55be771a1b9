/** The time zones this browser knows (IANA names), with the chosen one among them. */
export function zones(chosen: string): string[] {
  const known = Intl.supportedValuesOf('timeZone')
  return [...new Set([chosen, 'UTC', ...known])].sort()
}
