/** What SEARCH is asked to return, and what it keeps. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { signedInImap, type ImapDialogue } from '#test/imap'
import { numbersIn, personWithLetters, withoutChange } from '#test/search-letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const withLetters = (): ReturnType<typeof personWithLetters> => personWithLetters(server)
const silent = { after: () => undefined }

describe('ESEARCH', () => {
  let imap: ImapDialogue
  before(async () => {
    imap = await signedInImap(silent, server, await withLetters(), { select: 'INBOX' })
    await imap.ok('STORE 1 +FLAGS.SILENT (late)')
  })
  after(() => imap.close())

  const ANSWERS: Record<string, string | undefined> = {
    'SEARCH RETURN () SEEN': 'ALL 1,3',
    'SEARCH RETURN (MIN MAX COUNT) ALL': 'MIN 1 MAX 5 COUNT 5',
    'SEARCH RETURN (ALL COUNT) 2:4': 'ALL 2:4 COUNT 3',
    'SEARCH RETURN (MIN MAX ALL) DELETED': '',
    'SEARCH RETURN (COUNT) DELETED': 'COUNT 0',
    'UID SEARCH RETURN (MAX) SEEN': 'UID MAX 3',
    'UID SEARCH RETURN (ALL) DELETED': 'UID',
    'SEARCH RETURN (PARTIAL 1:2) ALL': 'PARTIAL (1:2 1:2)',
    'SEARCH RETURN (PARTIAL 5:4) ALL': 'PARTIAL (5:4 4:5)',
    'SEARCH RETURN (PARTIAL 6:9 COUNT) ALL': 'COUNT 5 PARTIAL (6:9 NIL)',
    'UID SEARCH RETURN (PARTIAL -1:-2) ALL': 'UID PARTIAL (-1:-2 4:5)',
    'UID SEARCH RETURN (PARTIAL -5:-9) ALL': 'UID PARTIAL (-5:-9 1)',
    'SEARCH RETURN (PARTIAL 1:4294967295) SEEN': 'PARTIAL (1:4294967295 1,3)',
    'SEARCH RETURN (SAVE) SEEN': undefined,
    'SEARCH RETURN (min Count MIN) SEEN': 'MIN 1 COUNT 2',
  }
  for (const [command, expected] of Object.entries(ANSWERS))
    test(command, async () => {
      const untagged = await imap.ok(command)
      const texts = withoutChange(untagged).map((line) => line.replace(/^ESEARCH \(TAG "t\d+"\) ?/, ''))
      assert.deepEqual(texts, expected === undefined ? [] : [expected])
    })

  test('tells the mod-sequence of what it tells of (RFC 4731 §3.2)', async () => {
    const modSeqs = (await imap.ok('FETCH 1:5 (MODSEQ)'))
      .slice(0, 5)
      .map((line) => Number(/MODSEQ \((\d+)\)/.exec(line)?.[1]))
    const modSeqOf = async (options: string): Promise<number> =>
      Number(/MODSEQ (\d+)$/.exec((await imap.ok(`SEARCH RETURN (${options}) MODSEQ 1`))[0] ?? '')?.[1])
    // The first was changed last.
    assert.equal(await modSeqOf('MIN'), modSeqs[0])
    assert.equal(await modSeqOf('MAX'), modSeqs[4])
    assert.equal(await modSeqOf('MIN MAX'), Math.max(...modSeqs))
    assert.equal(await modSeqOf('MAX COUNT'), Math.max(...modSeqs))
    assert.equal(await modSeqOf('PARTIAL -1:-2'), modSeqs[4])
  })

  test('is the answer to SEARCH once IMAP4rev2 is enabled', async (t) => {
    const person = await withLetters()
    const rev2 = await signedInImap(t, server, person)
    await rev2.ok('ENABLE IMAP4rev2')
    await rev2.ok('SELECT INBOX')
    assert.deepEqual(await rev2.ok('SEARCH SEEN'), ['ESEARCH (TAG "t4") ALL 1,3'])
  })
})

test('what a search has kept is $ from then on (RFC 5182)', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(), { select: 'INBOX' })
  const kept = async (): Promise<string> => numbersIn(await imap.ok('SEARCH $'))
  assert.equal(await kept(), '')
  await imap.ok('SEARCH RETURN (SAVE) OR SEEN FLAGGED')
  assert.equal(await kept(), '1 2 3')
  assert.equal(numbersIn(await imap.ok('SEARCH UID $ UNSEEN')), '2')
  assert.equal(numbersIn(await imap.ok('SEARCH NOT $')), '4 5')
  assert.equal((await imap.ok('FETCH $ (UID)')).length, 3)
  await imap.ok('SEARCH RETURN (SAVE MIN) OR SEEN FLAGGED')
  assert.equal(await kept(), '1')
  await imap.ok('SEARCH RETURN (SAVE MIN MAX) ALL')
  assert.equal(await kept(), '1 5')
  await imap.ok('SEARCH RETURN (SAVE MIN COUNT) SEEN')
  assert.equal(await kept(), '1 3')
  // RFC 9394 §3.2.
  await imap.ok('SEARCH RETURN (SAVE PARTIAL 2:3 MIN) ALL')
  assert.equal(await kept(), '1 2 3')
  await imap.ok('SORT RETURN (SAVE) (REVERSE ARRIVAL) UTF-8 SEEN')
  assert.equal(await kept(), '1 3')
  // BAD leaves it, NO empties it.
  assert.match((await imap.say('SEARCH RETURN (SAVE) NONSENSE')).tagged, /^BAD/)
  assert.equal(await kept(), '1 3')
  assert.match((await imap.say('SEARCH RETURN (SAVE) CHARSET KOI8-R ALL')).tagged, /^NO \[BADCHARSET/)
  assert.equal(await kept(), '')
  await imap.ok('SEARCH RETURN (SAVE) ALL')
  await imap.ok('SELECT INBOX')
  assert.equal(await kept(), '')
})

test('FETCH tells of a part of what its set names (RFC 9394 §3.3)', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(), { select: 'INBOX' })
  const uids = async (command: string): Promise<string> =>
    (await imap.ok(command)).flatMap((line) => /UID (\d+)/.exec(line)?.[1] ?? []).join(' ')
  assert.equal(await uids('UID FETCH 1:* (UID) (PARTIAL -1:-2)'), '4 5')
  assert.equal(await uids('UID FETCH 2:* (UID) (PARTIAL 1:2)'), '2 3')
  assert.equal(await uids('UID FETCH 1:* (UID) (PARTIAL 9:12)'), '')
  assert.equal(await uids('UID FETCH 1:* (UID) (CHANGEDSINCE 1 PARTIAL -1:-1)'), '5')
  assert.match((await imap.say('UID FETCH 1:* (UID) (PARTIAL 0:2)')).tagged, /^BAD/)
  // Of the last two nothing has changed since, whatever has of others (§3.4).
  const [, since] = /HIGHESTMODSEQ (\d+)/.exec((await imap.ok('STATUS INBOX (HIGHESTMODSEQ)')).join()) ?? []
  await imap.ok('UID STORE 1:3 +FLAGS.SILENT (new)')
  assert.equal(await uids(`UID FETCH 1:* (UID) (PARTIAL -1:-2 CHANGEDSINCE ${since})`), '')
  assert.equal(await uids(`UID FETCH 1:* (UID) (CHANGEDSINCE ${since} PARTIAL -1:-3)`), '3')
})
