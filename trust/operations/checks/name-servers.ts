import { DnsError, openDns, openSecureDns } from '#system'
import type { Check } from '../check.ts'

/** For each of two tries. */
const WAIT_MS = 1500

/** Asks for the service's own name: what it asks tells nobody anything. */
export const nameServers: Check<'nameServers'> = {
  needs: 'machine',
  async find({ config }) {
    const asked = performance.now()
    const answer = await openDns(config, WAIT_MS)
      .addresses(config.hostname)
      .then(
        () => 'known' as const,
        (error: unknown) => (error instanceof DnsError ? error.kind : 'silent'),
      )
    const figures = { answerMs: Math.round(performance.now() - asked) }
    if (answer === 'silent') return [{ subject: '', cause: config.trial ? 'notInTrial' : 'silent', figures }]
    if (config.trial) return [{ subject: '', cause: 'fine', figures }]
    if (answer === 'absent') return [{ subject: '', cause: 'nameUnknown', figures }]
    return [{ subject: '', cause: openSecureDns(config).isValidating ? 'fine' : 'unproven', figures }]
  },
}
