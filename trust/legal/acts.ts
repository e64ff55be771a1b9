import { z } from 'zod'
import { legalBases } from '#policy'
import { Refusal } from '#system'
import { act, type AnyAct, type Desk } from '#trust/desk'
import { askerOf, loadCase } from './case.ts'
import { tick } from './check.ts'
import { CHECK_NAMES } from './checks.ts'
import type { Sealed } from './export.ts'
import { Intake } from './intake.ts'
import { listCases, readFileOf, shownCase } from './list.ts'
import { endPreservation, preserve } from './preserve.ts'
import { receive } from './receive.ts'
import { refusalLetterOf, refuse } from './refuse.ts'
import { appendTo } from './register.ts'
import { propose, sign } from './release.ts'

const roles = ['legal'] as const

const caseId = z.string().regex(/^\d{4}-\d{1,6}$/)
const OfCase = z.strictObject({ case: caseId })

const show = async (desk: Desk, id: string): Promise<object> =>
  shownCase(desk, await loadCase(desk.storage, desk.config, id))

/** What the legal desk does and is shown. Whatever is declined for a reason of the case's is written down in it. */
export const legalActs: readonly AnyAct[] = [
  act({
    name: 'legal.list',
    roles,
    given: z.strictObject({}),
    run: async ({ storage, config }) => ({
      country: config.operator.country,
      bases: legalBases(config.operator.country),
      cases: await listCases(storage, config),
    }),
  }),
  act({ name: 'legal.show', roles, given: OfCase, run: (desk, given) => show(desk, given.case) }),
  act({
    name: 'legal.receive',
    roles,
    given: Intake,
    run: async (desk, given) => shownCase(desk, await receive(desk, given)),
  }),
  act({
    name: 'legal.check',
    roles,
    given: z.strictObject({
      case: caseId,
      check: z.enum(CHECK_NAMES),
      isTrue: z.boolean(),
      note: z.string().trim().max(500).default(''),
    }),
    run: async (desk, { case: id, ...given }) => shownCase(desk, await tick(desk, id, given)),
  }),
  act({
    name: 'legal.propose',
    roles,
    given: OfCase,
    run: async (desk, given) => ({ counts: await propose(desk, given.case) }),
  }),
  act({ name: 'legal.sign', roles, given: OfCase, run: (desk, given) => sign(desk, given.case) }),
  act({
    name: 'legal.export',
    roles,
    given: OfCase,
    async run({ storage }, given): Promise<Sealed> {
      const file = await readFileOf(storage, given.case, 'export')
      if (file === undefined) throw new Refusal('notFound', { fields: ['export'] })
      return JSON.parse(file.bytes.toString()) as Sealed
    },
  }),
  act({
    name: 'legal.scan',
    roles,
    given: OfCase,
    async run({ storage }, given) {
      const file = await readFileOf(storage, given.case, 'scan')
      if (file === undefined) throw new Refusal('notFound', { fields: ['scan'] })
      return { name: file.name, type: file.type, bytes: file.bytes.toString('base64url') }
    },
  }),
  act({ name: 'legal.refuse', roles, given: OfCase, run: (desk, given) => refuse(desk, given.case) }),
  act({
    name: 'legal.letter',
    roles,
    given: z.strictObject({ case: caseId, isSent: z.boolean().default(false) }),
    run: (desk, given) => refusalLetterOf(desk, given.case, given.isSent),
  }),
  act({
    name: 'legal.preserve',
    roles,
    given: OfCase,
    run: async (desk, given) => ({ until: await preserve(desk, given.case) }),
  }),
  act({
    name: 'legal.endPreservation',
    roles,
    given: OfCase,
    async run(desk, given) {
      await endPreservation(desk, given.case)
      return show(desk, given.case)
    },
  }),
  act({
    name: 'legal.withdraw',
    roles,
    given: OfCase,
    /** Whoever asked has taken it back. */
    async run(desk, given) {
      const { storage, config, staff } = desk
      const found = await loadCase(storage, config, given.case)
      if (found.closed !== undefined || found.preservedUntil !== undefined)
        throw new Refusal('expired', { fields: ['case'] })
      await appendTo(storage, { caseId: found.id, read: found.read }, [
        { ...askerOf(found), kind: 'withdrawn', detail: { staff: staff.id } },
      ])
      return show(desk, given.case)
    },
  }),
]
