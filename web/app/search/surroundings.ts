import { mailboxes, withRole } from '../data/mailboxes.ts'
import { settings } from '../data/settings.svelte.ts'
import type { EmailFilter } from '../jmap/types.ts'
import { mailboxName } from '../mail/names.ts'
import { clockAt } from '../shell/calendar.ts'
import { filterOfQuery } from './filter.ts'
import { plain } from './operators.ts'
import { parseQuery } from './parse.ts'
import type { Query } from './parse.ts'

/** Reads what was typed, on the person's calendar. */
export function queryOf(text: string): Query {
  return parseQuery(text, clockAt(new Date(), settings.timeZone).day)
}

/** The JMAP filter of what was typed. */
export function searchFilter(text: string): EmailFilter {
  return filterOfQuery(queryOf(text), {
    mailbox: (name) => {
      const wanted = plain(name)
      for (const mailbox of mailboxes.values())
        if ([mailboxName(mailbox), mailbox.name, mailbox.role ?? ''].some((one) => plain(one) === wanted))
          return mailbox.id
      return undefined
    },
    keyword: (label) => {
      const wanted = plain(label)
      return Object.entries(settings.labels).find(
        ([keyword, { name }]) => plain(name) === wanted || keyword === wanted,
      )?.[0]
    },
    timeZone: settings.timeZone,
    aside: [withRole('trash')?.id, withRole('junk')?.id].filter((id) => id !== undefined),
  })
}
