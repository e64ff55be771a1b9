/**
 * The public pages in German, French, Dutch and English, rendered by the server and readable without JavaScript.
 * They set no cookie and load nothing from elsewhere. `protocols/http` is handed them, and answers the sign-in form.
 */
export { site, type SiteContext } from './site.ts'
