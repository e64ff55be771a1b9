/** Roles and the attributes that say them: RFC 6154 §2, RFC 8457 §3. The inbox says it by its name. */
const SPECIAL_USES: ReadonlyMap<string, string> = new Map([
  ['all', '\\All'],
  ['archive', '\\Archive'],
  ['drafts', '\\Drafts'],
  ['flagged', '\\Flagged'],
  ['important', '\\Important'],
  ['junk', '\\Junk'],
  ['sent', '\\Sent'],
  ['trash', '\\Trash'],
])

/** What such a mailbox would show is no mailbox of its own here, so none is made for it. */
const VIRTUAL = new Set(['all', 'flagged'])

const ROLES: ReadonlyMap<string, string> = new Map(
  [...SPECIAL_USES].filter(([role]) => !VIRTUAL.has(role)).map(([role, use]) => [use.toLowerCase(), role]),
)

export const specialUseOf = ({ role }: { role?: string | undefined }): string | undefined =>
  SPECIAL_USES.get(role ?? '')

/** The role that a special-use attribute asks for; undefined when no mailbox can be made for it. */
export const roleOfSpecialUse = (use: string): string | undefined => ROLES.get(use.toLowerCase())
