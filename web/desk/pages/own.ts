import { html } from 'hono/html'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import { newPasskeyScript } from '../assets.ts'
import { faultNote, faultOf, textField, type Declined } from '../form.ts'
import { deskPage, type Markup } from '../layout.ts'
import { dayInWords, sayIn } from '../texts.ts'
import { codesBox } from './codes.ts'

/** What is somebody's own, as the act gives it: times are text. */
export interface Own {
  id: number
  passkeys: { id: number; name: string; createdAt: string }[]
  agreement?: { signedAt: string; until: string; isCurrent: boolean }
}

const me: DeskPage = {
  path: '/me',
  async show(visit) {
    return page(visit)
  },
  async take(visit) {
    const does: Record<string, () => Promise<Markup | { to: string }>> = {
      async codes() {
        const { recoveryCodes } = await visit.ask<{ recoveryCodes: string[] }>('own.codes')
        return page(visit, { codes: recoveryCodes })
      },
      async add() {
        const added = await visit.attempt('own.passkey.add', {
          token: visit.field('token'),
          name: visit.field('name'),
          credential: visit.field('credential'),
        })
        return added.refused === undefined ? { to: '/me' } : page(visit, { declined: added })
      },
      async remove() {
        const removed = await visit.attempt('own.passkey.remove', { id: Number(visit.field('id')) })
        return removed.refused === undefined ? { to: '/me' } : page(visit, { declined: removed })
      },
    }
    const step = visit.field('step')
    return Object.hasOwn(does, step) ? (does[step]?.() ?? page(visit)) : page(visit)
  },
}

export const ownPages: readonly DeskPage[] = [me]

async function page(visit: Visit, news: { codes?: string[]; declined?: Declined } = {}): Promise<Markup> {
  const { language, origin } = visit
  const say = sayIn(language)
  const [own, begun] = await Promise.all([
    visit.ask<Own>('own.read'),
    visit.attempt<{ options: object; token: string }>('own.passkey.begin', { origin }),
  ])
  const action = `/${language}/me`
  return deskPage(
    { language, title: say('me.title'), path: '/me' },
    visit.signed(),
    html`<div class="staff-page narrow flow-l">
        <h1>${visit.signed()?.name ?? ''}</h1>
        ${faultNote(news.declined && faultOf('me', news.declined, language, say))}
        <section class="flow">
          <h2>${say('me.passkeys')}</h2>
          ${own.passkeys.length === 0 ? html`<p class="dim">${say('me.passkeys.none')}</p>` : passkeyList(own, language)}
          ${begun.refused === undefined ? passkeyForm(visit, begun.told) : ''}
        </section>
        <section class="flow">
          <h2>${say('codes.title')}</h2>
          ${
            news.codes === undefined
              ? html`<form method="post" action="${action}">
                  <input type="hidden" name="step" value="codes" />
                  <p class="dim">${say('me.codes')}</p>
                  <button class="btn">${say('me.codes.make')}</button>
                </form>`
              : codesBox(news.codes, say)
          }
        </section>
        <p><a href="/${language}/agreement">${say('me.agreement')}</a></p>
      </div>
      <script type="module" src="${newPasskeyScript.path}"></script>`,
  )
}

function passkeyForm({ language }: Visit, { options, token }: { options: object; token: string }): Markup {
  const say = sayIn(language)
  return html`<form
    class="flow staff-box"
    id="new-passkey"
    method="post"
    action="/${language}/me"
    hidden
    data-options="${JSON.stringify(options)}"
  >
    <input type="hidden" name="step" value="add" />
    <input type="hidden" name="token" value="${token}" />
    <input type="hidden" name="credential" value="" />
    ${textField({ name: 'name', label: say('me.passkeys.name'), maxlength: 60 })}
    <p class="err" id="new-passkey-said" role="status" data-failed="${say('me.passkeys.failed')}"></p>
    <button class="btn">${say('me.passkeys.add')}</button>
  </form>`
}

const passkeyList = ({ passkeys }: Own, language: Visit['language']): Markup =>
  html`<ul class="card rows">
    ${passkeys.map(
      (one) =>
        html`<li>
          <span class="grow">${one.name}<small class="dim3"> ${dayInWords(language, one.createdAt)}</small></span>
          <form method="post" action="/${language}/me">
            <input type="hidden" name="step" value="remove" /><input
              type="hidden"
              name="id"
              value="${String(one.id)}"
            />
            <button class="btn small">${sayIn(language)('me.passkeys.remove')}</button>
          </form>
        </li>`,
    )}
  </ul>`
