import { account } from './categories/account.ts'
import { mail } from './categories/mail.ts'
import { own } from './categories/own.ts'
import { recorded } from './categories/recorded.ts'
import type { Category } from './category.ts'

/** All that is held about a person, in the order in which it is shown. What no category has is named in structure.ts, with its reason. */
export const CATEGORIES: readonly Category[] = [...mail, ...own, ...account, ...recorded]
