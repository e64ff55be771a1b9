/**
 * The service worker: it answers with the app itself while the server does not. It sees no mail: what was read is kept
 * by the page (keep.ts). Built without imports, to stand alone as /app/sw.js.
 */

interface Extendable extends Event {
  waitUntil(done: Promise<unknown>): void
}
interface Fetching extends Extendable {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}
/** As much of ServiceWorkerGlobalScope as is used; its library contradicts that of pages. */
interface Scope {
  /** The build's files and a name for them, written before this by the build. */
  readonly FILES: readonly string[]
  readonly BUILD: string
  readonly location: Location
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: Extendable) => void): void
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void
}
const scope = self as unknown as Scope

const page = '/app/'
const prefix = 'zegel-app-'
const cacheName = prefix + scope.BUILD
/** The build before this one stays: pages that are open may still load parts of it. */
const keptBuilds = 2
/** A line that is there but carries nothing is none. */
const patienceMs = 4000

scope.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll([page, ...scope.FILES.map((file) => page + file)]))
      .then(() => scope.skipWaiting()),
  )
})

scope.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((one) => one.startsWith(prefix)).slice(0, -keptBuilds))
      .then((old) => Promise.all(old.filter((one) => one !== cacheName).map((one) => caches.delete(one))))
      .then(() => scope.clients.claim()),
  )
})

scope.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== scope.location.origin) return
  if (request.mode === 'navigate' && url.pathname === page) event.respondWith(newest(request))
  else if (url.pathname.startsWith(`${page}assets/`)) event.respondWith(kept(request))
})

/** The page from the server, so that nobody is left with an old one; the kept one when the server does not answer. */
async function newest(request: Request): Promise<Response> {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(patienceMs) })
    if (response.status < 500) return response
  } catch {
    // Not reached, or not in time.
  }
  const cache = await caches.open(cacheName)
  return (await cache.match(page)) ?? Response.error()
}

/** Files are named by their content, so a kept one is never old. */
async function kept(request: Request): Promise<Response> {
  return (await caches.match(request.url)) ?? fetch(request)
}
