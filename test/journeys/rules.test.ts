/** Rules for what arrives, made by somebody who has never heard of Sieve, beside scripts of somebody who has. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openJmapClient, type JmapClient } from '../jmap.ts'
import { startServer } from '../server.ts'
import { delayRequests } from './device.ts'
import { sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen, showsTitle } from './person.ts'

const server = await startServer({ after })

interface Script {
  id: string
  name: string
  blobId: string
  isActive: boolean
  text: string
}

const urlOf = (jmap: JmapClient, name: 'uploadUrl' | 'downloadUrl', more: Record<string, string> = {}): string => {
  const values: Record<string, string> = { accountId: jmap.accountId, ...more }
  return String(jmap.session[name]).replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(values[key] ?? ''))
}

async function scriptsOf(jmap: JmapClient): Promise<Script[]> {
  const { list } = await jmap.call('SieveScript/get', { ids: null })
  return Promise.all(
    (list as Script[]).map(async (one) => {
      const url = urlOf(jmap, 'downloadUrl', { blobId: one.blobId, name: 'a.sieve', type: 'application/sieve' })
      return { ...one, text: await (await fetch(url, { headers: jmap.headers })).text() }
    }),
  )
}

/** Keeps a script as another program would. */
async function keepScript(jmap: JmapClient, text: string, what: { name: string } | { id: string }): Promise<void> {
  const response = await fetch(urlOf(jmap, 'uploadUrl'), {
    method: 'POST',
    headers: { ...jmap.headers, 'content-type': 'application/sieve' },
    body: text,
  })
  const { blobId } = (await response.json()) as { blobId: string }
  const result = await jmap.call(
    'SieveScript/set',
    'id' in what ? { update: { [what.id]: { blobId } } } : { create: { made: { ...what, blobId } } },
  )
  assert.deepEqual([result['notCreated'] ?? null, result['notUpdated'] ?? null], [null, null])
}

const script = async (jmap: JmapClient, name = 'Zegel rules'): Promise<Script | undefined> =>
  (await scriptsOf(jmap)).find((one) => one.name === name)

/** The names of what stands in the list of rules. */
const names = (page: Page): Promise<string[]> => page.locator('.rule-list li .grow > .strong').allInnerTexts()
const shows = (page: Page, wanted: string[]): Promise<void> =>
  seen(async () => assert.deepEqual(await names(page), wanted))
const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n`

async function openRules(page: Page): Promise<void> {
  await page.goto(`${server.http}/app/#/settings/rules`)
  await showsTitle(page, 'Regeln und Abwesenheit · Zegel')
  await page.getByRole('button', { name: 'Neue Regel' }).waitFor()
}

/** A rule for what has a word in its subject, which gives a star. */
async function addRule(page: Page, name: string, word: string): Promise<void> {
  await page.getByRole('button', { name: 'Neue Regel' }).click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Bedingung 1: was').selectOption('Betreff')
  await page.getByLabel('Bedingung 1: womit').fill(word)
  await page.getByLabel('Aktion 1', { exact: true }).selectOption('Stern geben')
  await page.getByRole('button', { name: 'Speichern' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

test('a rule is made without a word of Sieve, tried on the letters that came last, and kept as a script', async (t) => {
  const { page, person } = await openInbox(t, server, 'rita')
  await sendAll(server.smtp, person.address, [
    { subject: 'Ihre Rechnung für März', from: 'Ein Laden <rechnung@shop.example.org>' },
    { subject: 'Treffen am Dienstag' },
    { subject: 'Ihre Rechnung für April', from: 'Ein Laden <rechnung@shop.example.org>' },
  ])
  await page.getByRole('row', { name: /April/ }).waitFor()
  await page.getByRole('link', { name: 'Einstellungen' }).first().click()
  await page.getByRole('link', { name: 'Regeln' }).click()
  await page.getByText('Noch keine Regel').waitFor()
  await checkLooks(page, 'the page of rules, with none')

  await page.getByRole('button', { name: 'Neue Regel' }).click()
  const dialog = page.getByRole('dialog', { name: 'Neue Regel' })
  await dialog.getByRole('button', { name: 'Speichern' }).click()
  await dialog.getByText('Hier fehlt, wonach gesucht wird.').waitFor()
  await dialog.getByText('Wählen Sie einen Ordner.').waitFor()
  // Where something is missing is where one writes on.
  await seen(async () =>
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Bedingung 1: womit'),
  )
  await checkLooks(page, 'a new rule, with complaints')
  await page.getByLabel('Bedingung 1: was').selectOption('Betreff')
  await page.getByLabel('Bedingung 1: womit').fill('rechnung')
  await dialog.getByRole('button', { name: 'Bedingung', exact: true }).click()
  await page.getByLabel('Bedingung 2: Vergleich').selectOption('ist aus der Domain')
  await page.getByLabel('Bedingung 2: womit').fill('@shop.example.org')
  await page.getByLabel('Aktion 1: Ordner').selectOption('Neuer Ordner …')
  const folder = page.getByRole('dialog', { name: 'Neuer Ordner' })
  await folder.getByLabel('Name').fill('Rechnungen')
  await folder.getByRole('button', { name: 'Anlegen' }).click()
  await folder.waitFor({ state: 'detached' })
  await dialog.getByRole('button', { name: 'Aktion', exact: true }).click()
  assert.equal(await page.getByLabel('Aktion 2', { exact: true }).inputValue(), 'read')

  await dialog.getByRole('button', { name: 'Was hätte sie getan?' }).click()
  await dialog.getByText('2 Briefe wären betroffen, von 3 angesehenen.').waitFor()
  const tried = dialog.getByRole('region', { name: 'Briefe, mit denen etwas geschehen wäre' }).getByRole('listitem')
  assert.deepEqual(
    (await tried.allInnerTexts()).map((one) => one.replaceAll(/\s+/g, ' ').replace(/ · heute, \d+:\d+/, '')),
    [
      'Ihre Rechnung für April Ein Laden Ordner Rechnungen · Gelesen',
      'Ihre Rechnung für März Ein Laden Ordner Rechnungen · Gelesen',
    ],
  )
  await checkLooks(page, 'a rule that was tried')
  const jmap = await openJmapClient(server, person)
  assert.deepEqual(await scriptsOf(jmap), [], 'a trial keeps nothing')

  await dialog.getByRole('button', { name: 'Speichern' }).click()
  await dialog.waitFor({ state: 'detached' })
  await shows(page, ['Betreff enthält „rechnung“'])
  await page.getByText('Ordner Rechnungen · keine weitere Regel').waitFor()
  const { list } = await jmap.call('Mailbox/get', { ids: null })
  const made = (list as { id: string; name: string }[]).find(({ name }) => name === 'Rechnungen')
  const kept = await script(jmap)
  assert.equal(kept?.isActive, true)
  assert.equal(
    kept.text,
    lines(
      '# Rules, as the page "Rules" of Zegel shows them. What it does not know of this text it keeps as it stands.',
      'require ["fileinto", "imap4flags", "mailbox", "mailboxid"];',
      '',
      '# rule:[Betreff enthält „rechnung“]',
      'if allof (',
      '    header :contains "Subject" "rechnung",',
      '    address :domain :is "From" "shop.example.org"',
      ') {',
      String.raw`    addflag "\\Seen";`,
      `    fileinto :mailboxid "${made?.id}" :create "Rechnungen";`,
      '    stop;',
      '}',
    ),
  )

  await page.reload()
  await page.getByRole('button', { name: /^Regel „.*“ ändern$/ }).click()
  assert.equal(await page.getByLabel('Bedingung 2: womit').inputValue(), 'shop.example.org')
  await page.getByLabel('Name', { exact: true }).fill('Rechnungen')
  await page.getByRole('button', { name: 'Speichern' }).click()
  await shows(page, ['Rechnungen'])
  await page.getByRole('switch', { name: 'Regel „Rechnungen“ anwenden' }).uncheck()
  await seen(async () => assert.match((await script(jmap))?.text ?? '', /allof \(\r\n {4}false,/))
  await page.getByRole('button', { name: 'Was hätten sie getan?' }).click()
  await page.getByText('Kein Brief wäre betroffen, von 3 angesehenen.').waitFor()
})

test('the order of rules is changed with the keys, with the pointer and in a menu; what is deleted comes back', async (t) => {
  const { page, person } = await openInbox(t, server, 'olga')
  await openRules(page)
  for (const name of ['A', 'B', 'C']) await addRule(page, name, name)
  await shows(page, ['A', 'B', 'C'])
  const grip = (name: string) => page.getByRole('button', { name: `„${name}“ verschieben` })
  await grip('C').press('ArrowUp')
  await shows(page, ['A', 'C', 'B'])
  // The rule that was moved keeps the focus.
  await seen(async () =>
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), '„C“ verschieben'),
  )
  await page.keyboard.press('ArrowUp')
  await shows(page, ['C', 'A', 'B'])
  await page.keyboard.press('ArrowUp')
  await grip('C').dragTo(page.locator('.rule-list li').nth(2), { targetPosition: { x: 200, y: 60 } })
  await shows(page, ['A', 'B', 'C'])
  await page.getByRole('button', { name: 'Mehr zu „A“' }).click()
  await checkLooks(page, 'the menu of a rule')
  await page.getByRole('menuitem', { name: 'Nach unten' }).click()
  await shows(page, ['B', 'A', 'C'])
  await page.getByRole('button', { name: 'Mehr zu „A“' }).click()
  await page.getByRole('menuitem', { name: 'Löschen' }).click()
  await shows(page, ['B', 'C'])
  // Also while something else is on its way.
  await delayRequests(page, '"SieveScript/set"', 1500)
  await page.getByRole('switch', { name: 'Regel „B“ anwenden' }).uncheck()
  await page.getByRole('button', { name: /^Rückgängig/ }).click()
  await shows(page, ['B', 'A', 'C'])
  const jmap = await openJmapClient(server, person)
  await seen(async () => {
    const text = (await script(jmap))?.text ?? ''
    assert.deepEqual(
      [...text.matchAll(/rule:\[(.*)\]/g)].map(([, name]) => name),
      ['B', 'A', 'C'],
    )
    assert.equal(text.match(/allof \(false, /g)?.length, 1, 'one is off')
  })
})

test('what somebody has written between the rules by hand stays as it is, in its place', async (t) => {
  const { page, person } = await openInbox(t, server, 'hanna')
  const jmap = await openJmapClient(server, person)
  const comments = Array.from({ length: 20 }, (_, at) => `# mine ${at}\n`).join('')
  const byHand = `${comments}if header :matches "Subject" "*[ext]*" {\n\tkeep ; # not far\n}`
  const rule = (name: string): string =>
    lines(`# rule:[${name}]`, `if allof (header :contains "Subject" "${name}") {`, '    stop;', '}')
  const head = lines('# Other program', 'require ["copy", "fileinto"];')
  await keepScript(jmap, `${head}${rule('X')}${byHand}\n${rule('Y')}`, { name: 'Zegel rules' })
  await openRules(page)
  await shows(page, ['Von Hand geschrieben', 'X', 'Von Hand geschrieben', 'Y'])
  await page.getByText('Ihre Regeln ruhen.').waitFor()
  await checkLooks(page, 'rules and what is written by hand')
  await page.getByRole('button', { name: 'Regeln wecken' }).click()
  await page.getByText('Ihre Regeln ruhen.').waitFor({ state: 'detached' })
  await page.getByRole('switch', { name: 'Regel „Y“ anwenden' }).uncheck()
  await page.getByRole('switch', { name: 'Regel „Y“ anwenden', checked: false }).waitFor()
  await seen(async () => assert.match((await script(jmap))?.text ?? '', /allof \(false, /))
  const kept = await script(jmap)
  assert.equal(kept?.isActive, true)
  assert.ok(kept.text.includes(`\r\n\r\n${byHand}\r\n\r\n# rule:[Y]\r\n`), kept.text)
  assert.ok(kept.text.includes('require ["copy", "fileinto"];\r\n\r\n# Other program\r\n\r\n# rule:[X]\r\n'), kept.text)

  // Another program changes it while a rule is being edited here: neither change is lost.
  await page.getByRole('button', { name: 'Regel „X“ ändern' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Z')
  await keepScript(jmap, kept.text.replace('*[ext]*', '*[EXT]*'), { id: kept.id })
  await page.getByRole('button', { name: 'Speichern' }).click()
  await shows(page, ['Von Hand geschrieben', 'Z', 'Von Hand geschrieben', 'Y'])
  const both = (await script(jmap))?.text ?? ''
  assert.ok(both.includes(byHand.replace('ext', 'EXT')) && both.includes('# rule:[Z]'), both)
})

test('a script of one’s own is written as text, with what is wrong at its line, and outlives the rules', async (t) => {
  const { page, person } = await openInbox(t, server, 'sven')
  const jmap = await openJmapClient(server, person)
  const text = 'require ["fileinto"];\n\n# Zeitung\nif header :is "Subject" "Zeitung" {\n\tfileinto "Archive";\n}\n'
  await openRules(page)
  await page.getByRole('button', { name: 'Neues Skript' }).click()
  const dialog = page.getByRole('dialog', { name: 'Neues Skript' })
  await dialog.getByLabel('Name').fill('Eigenes')
  await dialog.getByLabel('Text').fill(text.replace('"Archive"', ''))
  await dialog.getByRole('button', { name: 'Prüfen' }).click()
  await dialog.getByText('Zeile 5, Spalte 11:').waitFor()
  await checkLooks(page, 'a script with a complaint')
  await dialog.getByRole('button', { name: 'Dorthin' }).click()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.type('"Archive"')
  await dialog.getByRole('button', { name: 'Prüfen' }).click()
  await dialog.getByText('Nichts ist falsch.').waitFor()

  // What only shows while it runs is said at its line too.
  const kept = await dialog.getByLabel('Text').inputValue()
  await sendAll(server.smtp, person.address, [{ subject: 'Zeitung' }])
  await dialog.getByLabel('Text').fill('require "include";\nif header "Subject" "Zeitung" {\n\tinclude "Fehlt";\n}\n')
  await dialog.getByRole('button', { name: 'Was hätte es getan?' }).click()
  await dialog.getByText('Fehler in Zeile 3: bliebe im Eingang').waitFor()
  await checkLooks(page, 'a script with a fault')
  await dialog.getByLabel('Text').fill(kept)
  await dialog.getByRole('button', { name: 'Speichern' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Skript „Eigenes“ in Kraft setzen' }).click()
  await page.getByRole('button', { name: 'Skript „Eigenes“ abschalten' }).waitFor()
  const [before] = await scriptsOf(jmap)
  assert.equal(before?.text, text.replaceAll('\n', '\r\n'))

  // Rules come beside it: which of the two is in force is said, and both can be.
  await addRule(page, 'Sterne', 'wichtig')
  await page.getByText('In Kraft ist das Skript „Eigenes“, nicht Ihre Regeln.').waitFor()
  await page.getByText('include :personal "Eigenes";').waitFor()
  await checkLooks(page, 'rules beside a script in force')
  assert.equal((await script(jmap, 'Eigenes'))?.isActive, true)
  await page.getByRole('button', { name: 'Beides' }).click()
  await shows(page, ['Sterne', 'Von Hand geschrieben'])
  await page.getByText('In Kraft ist das Skript').waitFor({ state: 'detached' })
  const rules = await script(jmap)
  assert.equal(rules?.isActive, true)
  assert.match(rules.text, /^require \["imap4flags", "include"\];\r$/m)
  assert.match(rules.text, /\r\ninclude :personal "Eigenes";\r\n$/)

  // It is as it was written, before and after it gets another name.
  await page.getByRole('button', { name: 'Skript „Eigenes“ ändern' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('Zegel rules')
  await page.getByRole('button', { name: 'Speichern' }).click()
  await page.getByText('Ein Skript dieses Namens gibt es schon.').waitFor()
  await page.getByRole('dialog').getByLabel('Name').fill('Altes')
  await page.getByRole('button', { name: 'Speichern' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Skript „Altes“ herunterladen' }).click()
  const file = await download
  assert.equal(file.suggestedFilename(), 'Altes.sieve')
  assert.equal(await readFile(await file.path(), 'utf8'), before.text)
  assert.equal((await script(jmap, 'Altes'))?.text, before.text)
  await page.getByRole('button', { name: 'Skript „Altes“ löschen' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Löschen' }).click()
  await page.getByRole('button', { name: 'Skript „Altes“ löschen' }).waitFor({ state: 'detached' })
  assert.deepEqual(
    (await scriptsOf(jmap)).map(({ name }) => name),
    ['Zegel rules'],
  )
})

test('a rule begins with a letter: its list, its sender or its subject', async (t) => {
  const { page, person } = await openInbox(t, server, 'lena')
  await sendAll(server.smtp, person.address, [
    { subject: 'Neues vom Verein', headers: { 'List-Id': 'Der Verein <neues.lists.example.net>' } },
  ])
  await page.getByRole('row', { name: /Neues vom Verein/ }).click()
  await page.getByRole('article').getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await page.getByRole('menuitem', { name: 'Regel daraus machen' }).click()
  const dialog = page.getByRole('dialog', { name: 'Neue Regel' })
  assert.equal(await dialog.getByLabel('Bedingung 1: was').inputValue(), 'list')
  assert.equal(await dialog.getByLabel('Bedingung 1: womit').inputValue(), 'neues.lists.example.net')
  await dialog.getByRole('button', { name: 'Absender ist „berta@example.org“' }).click()
  assert.equal(await dialog.getByLabel('Bedingung 2: womit').inputValue(), 'berta@example.org')
  await checkLooks(page, 'a rule that begins with a letter')
  await dialog.getByLabel('Aktion 1: Ordner').selectOption('Archiv')
  await dialog.getByRole('button', { name: 'Was hätte sie getan?' }).click()
  await dialog.getByText('1 Brief wäre betroffen, von 1 angesehenen.').waitFor()
  await dialog.getByRole('button', { name: 'Speichern' }).click()
  await shows(page, ['Verteilerliste enthält „neues.lists.example.net“'])
})

test('being away stands above the rules, and is turned on and off there', async (t) => {
  const { page } = await openInbox(t, server, 'adele')
  await openRules(page)
  const away = page.getByRole('region', { name: 'Abwesenheit' })
  await away.getByRole('button', { name: 'Ändern' }).click()
  for (const [isOn, words] of [
    [true, 'Briefe werden beantwortet.'],
    [false, 'Briefe werden nicht beantwortet.'],
  ] as const) {
    await away.getByLabel('Antworten, während ich fort bin').setChecked(isOn)
    if (isOn) await away.getByRole('textbox', { name: 'Antwort' }).fill('Ich bin am 15. wieder da.')
    await away.getByRole('button', { name: 'Speichern' }).click()
    await away.getByText(`Gespeichert. ${words}`).waitFor()
    await away.getByText(words, { exact: true }).waitFor()
  }
  await checkLooks(page, 'being away, opened above the rules')
  await away.getByRole('button', { name: 'Ändern' }).press('Enter')
  await away.getByLabel('Antworten, während ich fort bin').waitFor({ state: 'detached' })

  // The address that it had as a page of its own opens it here.
  await page.goto(`${server.http}/app/#/settings/vacation`)
  await away.getByLabel('Antworten, während ich fort bin').waitFor()
  await showsTitle(page, 'Regeln und Abwesenheit · Zegel')
})

test('a letter that arrives is filed by the rule', async (t) => {
  const { page, person } = await openInbox(t, server, 'frida')
  await openRules(page)
  await addRule(page, 'Sterne', 'wichtig')
  await sendAll(server.smtp, person.address, [{ subject: 'Sehr wichtig' }, { subject: 'Sonstiges' }])
  const jmap = await openJmapClient(server, person)
  await seen(async () => {
    const { ids } = await jmap.call('Email/query', { filter: { hasKeyword: '$flagged' } })
    assert.equal((ids as string[]).length, 1)
  })
})
