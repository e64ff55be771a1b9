import { z } from 'zod'
import { count } from './fields.ts'

/** What people may have here, and how an account begins and ends. */
export const people = {
  signUp: z
    .strictObject({
      /** Whether strangers may make an account by themselves. */
      isOpen: z.boolean().default(false),
      /** Served domains in which they may; all of them when none is named. */
      domains: z.array(z.hostname()).default([]),
      /** How long a code is good for. */
      codeMinutes: count.max(60).default(15),
      /** A file of domains that give out throw-away addresses, one a line, beside those the program knows. */
      disposableDomains: z.string().optional(),
      /** How many numbers a visitor's browser tries before a code is sent: 3000 are one to three seconds of its time. */
      proofWork: count.max(1_000_000).default(3000),
    })
    .prefault({}),
  /** Further addresses that a person may take in a domain they may use. */
  aliases: z.strictObject({ most: z.number().int().min(0).max(100).default(10) }).prefault({}),
  /** Addresses that are made for one sender each, and can be switched off. */
  masked: z
    .strictObject({
      /** Of one account; 0 for none. */
      most: z.number().int().min(0).max(800).default(500),
      /** New ones of one account. */
      mostPerDay: count.max(1000).default(50),
    })
    .prefault({}),
  /** Domains that people bring themselves. */
  domains: z
    .strictObject({
      /** Of one account; 0 for none. */
      most: z.number().int().min(0).max(1000).default(3),
      /** After how many days without a proof in the DNS one is served no longer. */
      lostDays: count.min(7).max(365).default(30),
    })
    .prefault({}),
  /** Moving in: one file at most, and until it is read as much room on the disk. */
  transfer: z.strictObject({ maxMegabytes: count.max(1_000_000).default(20_000) }).prefault({}),
  /** How many days pass between asking for a way back in without the second factor, and being let in. */
  recovery: z.strictObject({ waitDays: count.max(60).default(3) }).prefault({}),
  /** How an account ends. */
  closing: z
    .strictObject({
      /** For how many days after it was closed its owner may reopen it. */
      reopenDays: count.max(3650).default(365),
      /** And how many days after that it is erased. */
      eraseDays: count.max(3650).default(30),
      /** How many days before the end of reopening its owner is reminded. */
      remindDays: z.array(count.max(365)).max(10).default([30, 7]),
      /** For how many days its owner may have mail for it forwarded: one of these is chosen. Empty: it is refused at once. */
      forwardDays: z.array(count.max(365)).max(4).default([30, 90]),
    })
    .prefault({}),
  /** Accounts that nobody uses. */
  idle: z
    .strictObject({
      /** After how many months without a sign-in an account is closed; 0 for never. */
      months: z.number().int().min(0).max(120).default(0),
      /** How many days before that its owner is told. */
      noticeDays: z.array(count.max(180)).min(1).max(10).default([60, 30, 7]),
    })
    .prefault({}),
  /** How many days the operator has to decide on an appeal against a suspension; undecided, it is lifted. */
  appeals: z.strictObject({ days: count.max(365).default(14) }).prefault({}),
  /** Customer service. */
  support: z
    .strictObject({
      /** Where people write to who cannot get in; it takes no mail before one is set. Its domain is served here. */
      address: z.email().max(254).toLowerCase().optional(),
    })
    .prefault({}),
  /** For how many days what was written to customer service is kept after its end. */
  tickets: z.strictObject({ days: count.max(3650).default(90) }).prefault({}),
}
