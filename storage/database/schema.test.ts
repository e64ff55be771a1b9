import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import type { Role } from '#storage'
import { openTestStorage } from '#test/database'
import { promised } from '#test/promises'

const storage = await openTestStorage({ after })
const { sql } = storage.database

/** Tables that are asked before any account is known, or that hold nothing of an account (DESIGN §2). */
const DIRECTORY = [
  'address',
  'list_address',
  'domain',
  'dkim_key',
  'sts_policy',
  'tls_session',
  'tls_key',
  'certificate',
  'acme_account',
  'acme_challenge',
  'domain_look',
  'domain_proof',
  'migration',
  'policy_version',
  'queue_letter',
  'queue_recipient',
  'passkey',
  'session',
  'sign_in_attempt',
  'mailed_code',
  'spent_challenge',
  'daily_count',
  'brake',
  'erasure',
  'evidence',
  'greylist',
  'backup',
  'backup_drill',
  'database_id',
  'job_run',
  'process_report',
  'check_result',
  'disk_sample',
  'key_copy',
  'keys.recovery',
  'former_address',
  'receipt',
  'access_chain',
  'access_head',
  'legal_event',
  'legal_detail',
  'legal_file',
  'transparency_report',
  'staff',
  'staff_invitation',
  'staff_totp',
  'staff_passkey',
  'staff_recovery_code',
  'staff_session',
  'staff_agreement',
  'staff_event',
  'desk_door',
  'desk_request',
  'support_letter',
  'domain_report',
  'report_letter',
  'report_sent',
  'dmarc_arrival',
  'canary',
  'keys.epoch',
  'keys.wrap',
]

test("every unique constraint of an account's table begins with account_id, so that it distributes", async () => {
  const { rows } = await sql<{ name: string; columns: string[] }>`
    select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname as name,
      array(select a.attname::text from unnest(i.indkey) with ordinality k (attnum, at)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum order by k.at) as columns
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    where i.indisunique and n.nspname in ('public', 'keys') order by 1`
  const tables = new Set(rows.map((row) => row.name))
  assert.ok(tables.has('item') && tables.has('placement') && tables.has('keys.wrap'), 'the catalogue was read')
  const wrong = rows.filter(({ name, columns }) => !DIRECTORY.includes(name) && columns[0] !== 'account_id')
  assert.deepEqual(wrong, [])
})

test('every table has a primary key, but for the days of the journal, which has no column for one', async () => {
  const { rows } = await sql<{ relname: string }>`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and not c.relispartition and n.nspname in ('public', 'keys')
      and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)`
  assert.deepEqual(rows, [])
})

/** What each role must not be able to do. */
const FORBIDDEN: [role: Role, what: string][] = [
  ['zegel_receiver', 'select sealed from item_summary'],
  ['zegel_receiver', 'select letter_id from queue_letter'],
  ['zegel_receiver', 'select sealed from queue_recipient'],
  ['zegel_receiver', 'delete from queue_letter'],
  ['zegel_receiver', 'select time from journal'],
  ['zegel_receiver', 'insert into journal (time) values (now())'],
  ['zegel_receiver', "select drop_journal_day('9999-01-01')"],
  ['zegel_receiver', "select make_journal_day('2030-01-01')"],
  ['zegel_desk', 'select time from journal'],
  ['zegel_desk', "select drop_journal_day('9999-01-01')"],
  ['zegel_app', 'update journal set subject = null'],
  ['zegel_app', 'delete from journal'],
  ['zegel_app', 'drop table journal'],
  ['zegel_app', "update access_chain set digest = ''"],
  ['zegel_app', 'delete from access_chain'],
  ['zegel_app', 'update access_entry set shown_from = null'],
  ['zegel_app', 'delete from access_head'],
  ['zegel_app', 'delete from canary'],
  ['zegel_app', "update canary set statement = ''"],
  ['zegel_receiver', 'select * from canary'],
  ['zegel_desk', 'select * from canary'],
  ['zegel_receiver', 'select * from access_entry'],
  ['zegel_app', "update legal_event set reason = ''"],
  ['zegel_app', 'delete from legal_event'],
  ['zegel_app', "update legal_detail set sealed = ''"],
  ['zegel_receiver', 'select * from legal_event'],
  ['zegel_receiver', 'select * from legal_subject'],
  ['zegel_receiver', 'select * from transparency_report'],
  ['zegel_desk', 'select * from legal_event'],
  ['zegel_desk', 'insert into legal_event (number) values (1)'],
  ['zegel_desk', 'select * from legal_detail'],
  ['zegel_desk', 'select * from legal_file'],
  ['zegel_desk', 'select * from legal_subject'],
  ['zegel_desk', "update transparency_report set content = ''"],
  ['zegel_desk', 'select * from access_entry'],
  ['zegel_desk', 'select letter_id from queue_letter'],
  ['zegel_desk', 'select sealed from queue_recipient'],
  ['zegel_receiver', 'select * from ticket'],
  ['zegel_receiver', 'select * from ticket_text'],
  ['zegel_receiver', 'select sealed from support_letter'],
  ['zegel_receiver', 'delete from support_letter'],
  ['zegel_receiver', 'select * from recovery_wait'],
  ['zegel_desk', 'select * from ticket'],
  ['zegel_desk', 'select * from ticket_text'],
  ['zegel_desk', 'select * from support_letter'],
  ['zegel_desk', 'select * from recovery_wait'],
  ['zegel_desk', 'insert into ticket (account_id) values (1)'],
  ['zegel_receiver', 'select * from domain_report'],
  ['zegel_receiver', 'select sealed from report_letter'],
  ['zegel_receiver', 'delete from report_letter'],
  ['zegel_desk', 'select * from domain_report'],
  ['zegel_desk', 'select * from report_letter'],
  ['zegel_receiver', 'select * from report_sent'],
  ['zegel_desk', 'select * from report_sent'],
  ['zegel_receiver', 'select * from dmarc_arrival'],
  ['zegel_receiver', 'insert into dmarc_arrival (day) values (now())'],
  ['zegel_desk', 'select * from dmarc_arrival'],
  ['zegel_receiver', 'select content from blob'],
  ['zegel_receiver', 'select name from folder'],
  ['zegel_receiver', 'select sealed from address'],
  ['zegel_receiver', 'select removed_at from address'],
  ['zegel_receiver', 'update address set is_on = true'],
  ['zegel_receiver', 'select sealed from record'],
  ['zegel_receiver', 'update record set removed_at = now()'],
  ['zegel_receiver', 'select sealed from list_address'],
  ['zegel_receiver', "update list_address set posting = 'anybody'"],
  ['zegel_desk', 'select * from list_address'],
  ['zegel_receiver', 'select sealed from held_letter'],
  ['zegel_receiver', 'select * from transfer'],
  ['zegel_receiver', 'select * from transfer_part'],
  ['zegel_receiver', 'select * from collection'],
  ['zegel_receiver', 'select * from collected_letter'],
  ['zegel_desk', 'select * from collection'],
  ['zegel_desk', 'select * from collected_letter'],
  ['zegel_receiver', 'select digest from item'],
  ['zegel_desk', 'select * from transfer'],
  ['zegel_desk', 'select * from transfer_part'],
  ['zegel_receiver', 'delete from held_letter'],
  ['zegel_desk', 'select * from held_letter'],
  ['zegel_receiver', 'select * from password'],
  ['zegel_receiver', 'select * from session'],
  ['zegel_receiver', 'select * from app_password'],
  ['zegel_receiver', 'select secret_key from app_password'],
  ['zegel_receiver', 'select * from totp'],
  ['zegel_receiver', 'select * from passkey'],
  ['zegel_receiver', 'select * from recovery_code'],
  ['zegel_desk', 'select * from totp'],
  ['zegel_desk', 'select * from passkey'],
  ['zegel_desk', 'select * from recovery_code'],
  ['zegel_desk', 'delete from totp'],
  ['zegel_receiver', 'select private_key from account'],
  ['zegel_receiver', 'select settings from account'],
  ['zegel_receiver', 'delete from item'],
  ['zegel_receiver', 'update item set flags = 0'],
  ['zegel_receiver', 'delete from placement'],
  ['zegel_receiver', 'select * from recovery'],
  ['zegel_receiver', 'select * from mailed_code'],
  ['zegel_receiver', 'select * from consent'],
  ['zegel_receiver', 'select * from daily_count'],
  ['zegel_desk', 'select * from recovery'],
  ['zegel_desk', 'select * from mailed_code'],
  ['zegel_desk', 'select * from spent_challenge'],
  ['zegel_receiver', 'select sealed from story'],
  ['zegel_receiver', 'delete from story'],
  ['zegel_desk', 'select * from story'],
  ['zegel_desk', 'select * from greylist'],
  ['zegel_receiver', 'delete from greylist'],
  ['zegel_receiver', 'select letters from sending'],
  ['zegel_receiver', 'update sending set letters = 0'],
  ['zegel_receiver', 'delete from sending'],
  ['zegel_desk', 'select * from sending'],
  ['zegel_receiver', 'select * from sent_from'],
  ['zegel_desk', 'select * from sent_from'],
  ['zegel_receiver', 'select sealed from feedback_report'],
  ['zegel_receiver', 'delete from feedback_report'],
  ['zegel_desk', 'select * from feedback_report'],
  ['zegel_receiver', 'select * from evidence'],
  ['zegel_desk', "update evidence set state = 'kept'"],
  ['zegel_desk', 'select * from erasure'],
  ['zegel_receiver', 'select public_key from keys.recovery'],
  ['zegel_receiver', 'select backup_id from backup'],
  ['zegel_app', 'update database_id set id = gen_random_uuid()'],
  ['zegel_desk', 'select public_key from keys.recovery'],
  ['zegel_desk', 'select backup_id from backup'],
  ['zegel_receiver', 'select * from check_result'],
  ['zegel_receiver', 'select * from process_report'],
  ['zegel_receiver', 'select * from job_run'],
  ['zegel_receiver', 'select version from database_condition()'],
  ['zegel_desk', "update check_result set state = 'good'"],
  ['zegel_desk', 'select account_id from account'],
  ['zegel_desk', 'select name from check_result'],
  ['zegel_desk', 'select * from domain'],
  ['zegel_desk', 'select * from dkim_key'],
  ...['zegel_desk', 'zegel_receiver'].flatMap((role): [Role, string][] =>
    ['tls_key', 'certificate', 'acme_account', 'acme_challenge'].map((table) => [
      role as Role,
      `select * from ${table}`,
    ]),
  ),
  ['zegel_receiver', 'select * from dkim_key'],
  ['zegel_receiver', 'select * from sts_policy'],
  ['zegel_desk', 'select * from sts_policy'],
  ['zegel_receiver', 'select * from tls_session'],
  ['zegel_desk', 'select * from tls_session'],
  ['zegel_desk', 'select * from domain_look'],
  ['zegel_receiver', 'select * from domain_look'],
  ['zegel_receiver', 'select sealed from domain_claim'],
  ['zegel_receiver', 'select sealed from domain_proof'],
  ['zegel_desk', 'select sealed from domain_claim'],
  ['zegel_desk', 'select sealed from domain_proof'],
  ['zegel_receiver', 'delete from domain'],
  ['zegel_desk', 'select * from staff'],
  ['zegel_desk', 'select * from staff_totp'],
  ['zegel_desk', 'select * from staff_session'],
  ['zegel_desk', 'select * from staff_agreement'],
  ['zegel_desk', 'select sealed from desk_door'],
  ['zegel_desk', 'select sealed from desk_request'],
  ['zegel_desk', 'delete from desk_request'],
  ['zegel_desk', "update desk_request set answer = ''"],
  ['zegel_receiver', 'select * from staff'],
  ['zegel_receiver', 'select * from desk_request'],
  ['zegel_app', 'delete from staff_agreement'],
  ['zegel_app', 'update staff_agreement set until = now()'],
  ['zegel_app', "update staff_event set kind = ''"],
  ['zegel_desk', 'select * from process_report'],
  ['zegel_desk', 'select version from database_condition()'],
  ['zegel_receiver', 'select words from item_words'],
  ['zegel_receiver', 'select * from vocabulary'],
  ['zegel_receiver', 'select * from spam_lesson'],
  ['zegel_receiver', 'update spam_training set lessons = 0'],
  ['zegel_desk', 'select sealed from spam_training'],
  ['zegel_desk', 'select * from spam_lesson'],
  ['zegel_desk', 'select * from item_words'],
  ['zegel_desk', 'select * from vocabulary'],
  ['zegel_desk', 'select * from erased_words'],
  ['zegel_desk', 'select sealed from item_summary'],
  ['zegel_desk', 'select items from item_change'],
  ['zegel_desk', 'select item_id from item'],
  ['zegel_desk', 'select * from blob'],
  ['zegel_desk', 'select * from folder'],
  ['zegel_desk', 'select * from vanished'],
  ['zegel_desk', 'select * from deletion'],
  ['zegel_desk', 'select * from removed_folder'],
  ['zegel_receiver', 'select * from deletion'],
  ['zegel_receiver', 'select name from removed_folder'],
  ['zegel_desk', 'select * from thread_key'],
  ['zegel_desk', 'select * from keys.wrap'],
  ['zegel_desk', 'select * from password'],
  ['zegel_desk', 'select app_password_id from app_password'],
  ['zegel_receiver', 'select closed_by from closure'],
  ['zegel_receiver', 'update closure set forward_until = now()'],
  ['zegel_receiver', 'select * from suspension'],
  ['zegel_desk', 'select * from suspension'],
  ['zegel_receiver', 'select * from former_address'],
  ['zegel_desk', 'select * from receipt'],
  ['zegel_desk', 'delete from app_password'],
  ['zegel_desk', 'select private_key from account'],
  ['zegel_desk', 'update account set state = $$closed$$'],
]
for (const [role, what] of FORBIDDEN)
  test(`${role} may not: ${what}`, async (t) => {
    const { database } = await openTestStorage(t, role)
    const template = Object.assign([what], { raw: [what] }) as unknown as TemplateStringsArray
    await assert.rejects(database.sql(template), { code: '42501' })
  })

/** What the desk may read: to whom it seals what it asks, and what it is answered, sealed to itself. */
const DESK_READS = ['public.desk_door.public_key', 'public.desk_request.answer', 'public.desk_request.request_id']

test(promised(1), async (t) => {
  const [{ database }, { database: desk }] = [await openTestStorage(t), await openTestStorage(t, 'zegel_desk')]
  const { rows } = await database.sql<{ name: string; columns: string[] }>`
    select format('%I.%I', n.nspname, c.relname) as name, array_agg(format('%I', a.attname)) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname in ('public', 'keys') and c.relkind in ('r', 'p') group by 1`
  const readable: string[] = []
  for (const { name, columns } of rows)
    for (const column of columns) {
      const text = `select ${column} from ${name} limit 1`
      const read = desk.sql(Object.assign([text], { raw: [text] }) as unknown as TemplateStringsArray)
      await read.then(
        () => readable.push(`${name}.${column}`),
        (error: { code?: string }) => assert.equal(error.code, '42501'),
      )
    }
  assert.deepEqual(readable.toSorted(), DESK_READS)
})
