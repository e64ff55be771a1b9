import type { Email, Patch } from '../jmap/types.ts'

/** A JSON pointer into a patched object, as in "keywords/$seen". RFC 6901 §3. */
export function pointer(property: 'keywords' | 'mailboxIds', key: string): string {
  return `${property}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function parsePointer(path: string): [property: 'keywords' | 'mailboxIds', key: string | undefined] {
  const slash = path.indexOf('/')
  const property = (slash < 0 ? path : path.slice(0, slash)) as 'keywords' | 'mailboxIds'
  if (slash < 0) return [property, undefined]
  return [
    property,
    path
      .slice(slash + 1)
      .replaceAll('~1', '/')
      .replaceAll('~0', '~'),
  ]
}

/** The message after the patch of its keywords or mailboxes (RFC 8620 §5.3). The given one stays as it is. */
export function applyPatch(email: Email, patch: Patch): Email {
  const result = { ...email, keywords: { ...email.keywords }, mailboxIds: { ...email.mailboxIds } }
  for (const [path, value] of Object.entries(patch)) {
    const [property, key] = parsePointer(path)
    if (key === undefined) result[property] = { ...(value as Record<string, true>) }
    else if (value === null) delete result[property][key]
    else result[property][key] = true
  }
  return result
}

/** The patch that undoes `patch` on this message. */
export function invertPatch(email: Email, patch: Patch): Patch {
  const inverse: Patch = {}
  for (const path of Object.keys(patch)) {
    const [property, key] = parsePointer(path)
    inverse[path] = key === undefined ? email[property] : email[property][key] ? true : null
  }
  return inverse
}
