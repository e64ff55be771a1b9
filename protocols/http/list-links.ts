import { followLink, listOfLink } from '#mail/lists'
import { takeStep, type FormPage, type ListView, type Step } from './forms.ts'
import type { SessionParts } from './session-cookie.ts'

const OVER: ListView = { step: 'over', faults: [] }

const KINDS = ['leave', 'join'] as const

/**
 * The links of letters of lists, and of those that ask whether somebody wants to be on one. Opening a link does nothing by itself, for programs
 * open links, too; the button does, and what mail programs post (RFC 8058 §3.2).
 */
export function listForm({ storage }: Pick<SessionParts, 'storage'>): FormPage<ListView> {
  const steps: Record<string, Step<ListView>> = {
    async leave(_c, field) {
      return (await followLink(storage, 'leave', field('link'))) ? { step: 'left', faults: [] } : OVER
    },
    async join(_c, field) {
      return (await followLink(storage, 'join', field('link'))) ? { step: 'joined', faults: [] } : OVER
    },
  }
  return {
    async show(c) {
      for (const kind of KINDS) {
        const link = c.req.query(kind)
        const list = link === undefined ? undefined : await listOfLink(storage, kind, link)
        if (link !== undefined && list !== undefined) return { step: kind, link, ...list, faults: [] }
      }
      // What List-Help leads to has no link in it (RFC 2369 §3.1).
      return KINDS.some((kind) => c.req.query(kind) !== undefined) ? OVER : { step: 'help', faults: [] }
    },
    async take(c, language) {
      // The link alone says who it is: neither a cookie nor a page of ours is asked for. RFC 8058 §3.2.
      const link = c.req.query('leave')
      if (link !== undefined) return (await followLink(storage, 'leave', link)) ? { step: 'left', faults: [] } : OVER
      return takeStep(c, language, steps, async () => OVER)
    },
  }
}
