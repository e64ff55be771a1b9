import { Hono } from 'hono'
import type { Wire, WireContext } from '#protocols/jmap'
import { sentence } from './errors.ts'
import type { Folder, StaticFile } from './static.ts'

/** The web app below /app/: the files of its build, and its one page for every other path. */
export function appPages(folder: Folder): Hono<Wire> {
  const app = new Hono<Wire>()
  app.get('/app', (c) => c.redirect('/app/', 308))
  app.get('/app/*', async (c) => {
    const path = c.req.path.slice('/app/'.length)
    const file = path === '' ? undefined : await folder.find(path)
    // Vite names these by their content.
    if (file !== undefined)
      return send(c, file, path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
    if (/\.\w{1,12}$/.test(path)) return sentence(c, 404, 'There is nothing here.')
    const page = await folder.find('index.html')
    if (page === undefined) return sentence(c, 503, 'The pages of the app are not built yet.')
    return send(c, page, 'no-cache')
  })
  return app
}

async function send(c: WireContext, file: StaticFile, cacheControl: string): Promise<Response> {
  const { encoding, bytes } = await file.encoded(c.req.header('accept-encoding') ?? '')
  const etag = `"${file.etag}${encoding === undefined ? '' : `-${encoding}`}"`
  const headers: Record<string, string> = {
    'Content-Type': file.type,
    'Cache-Control': cacheControl,
    ETag: etag,
    Vary: 'Accept-Encoding',
    ...(encoding === undefined ? {} : { 'Content-Encoding': encoding }),
  }
  const isKnown = (c.req.header('if-none-match') ?? '')
    .split(',')
    .some((one) => one.trim().replace(/^W\//, '') === etag)
  return isKnown ? c.body(null, 304, headers) : c.body(bytes as Uint8Array<ArrayBuffer>, 200, headers)
}
