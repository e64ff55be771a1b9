import { hash } from 'node:crypto'
import { addressesOf } from '#accounts'
import { nowMs } from '#system'
import { accountIdOf } from '../ids.ts'
import type { Registry } from '../calls/registry.ts'
import { reaches } from '../calls/rights.ts'
import type { JmapContext, Visitor } from '../context.ts'

/** The session resource. RFC 8620 §2. */
export interface SessionResource {
  capabilities: Record<string, Record<string, unknown>>
  accounts: Record<string, Record<string, unknown>>
  primaryAccounts: Record<string, string>
  username: string
  apiUrl: string
  downloadUrl: string
  uploadUrl: string
  eventSourceUrl: string
  state: string
}

export interface Sessions {
  /** @param origin  what all URLs begin with */
  describe(visitor: Visitor, origin: string): Promise<SessionResource>
  /** The state of the visitor's session resource: the same for every origin. */
  state(visitor: Visitor): Promise<string>
}

/** A new address of an account shows in its session state after at most this long. */
const REMEMBER_MS = 60_000
const REMEMBERED = 10_000

export function openSessions({ config, storage }: JmapContext, { capabilities }: Registry): Sessions {
  const serverPart = JSON.stringify([...capabilities.values()].map(({ uri, server }) => [uri, server(config, '')]))
  const names = new Map<number, { until: number; username: Promise<string> }>()

  const stateFor = ({ accountId, scopes, readOnly }: Visitor, username: string): string =>
    hash('sha256', JSON.stringify([serverPart, accountId, username, scopes, readOnly]), 'base64url').slice(0, 12)

  const usernameOf = (accountId: number): Promise<string> => {
    const known = names.get(accountId)
    if (known !== undefined && known.until > nowMs()) return known.username
    const username = addressesOf(storage, accountId).then(([first = '']) => first)
    names.delete(accountId)
    names.set(accountId, { until: nowMs() + REMEMBER_MS, username })
    username.catch(() => names.delete(accountId))
    if (names.size > REMEMBERED) names.delete(names.keys().next().value as number)
    return username
  }

  return {
    async describe(visitor, origin) {
      const [username = ''] = await addressesOf(storage, visitor.accountId)
      const accountId = accountIdOf(visitor.accountId)
      const ofAccount = [...capabilities.values()].filter(
        ({ account, needs }) => account !== undefined && reaches(visitor, needs),
      )
      return {
        capabilities: Object.fromEntries([...capabilities].map(([uri, { server }]) => [uri, server(config, origin)])),
        accounts: {
          [accountId]: {
            name: username,
            isPersonal: true,
            isReadOnly: visitor.readOnly,
            accountCapabilities: Object.fromEntries(
              ofAccount.map(({ uri, account }) => [uri, account?.(config) ?? {}]),
            ),
          },
        },
        // Core has methods and no data: there is no main account for it.
        primaryAccounts: Object.fromEntries(
          ofAccount.filter(({ uri }) => uri !== 'urn:ietf:params:jmap:core').map(({ uri }) => [uri, accountId]),
        ),
        username,
        apiUrl: `${origin}/jmap/api`,
        downloadUrl: `${origin}/jmap/download/{accountId}/{blobId}/{name}?type={type}`,
        uploadUrl: `${origin}/jmap/upload/{accountId}/`,
        eventSourceUrl: `${origin}/jmap/eventsource/?types={types}&closeafter={closeafter}&ping={ping}`,
        state: stateFor(visitor, username),
      }
    },

    state: async (visitor) => stateFor(visitor, await usernameOf(visitor.accountId)),
  }
}
