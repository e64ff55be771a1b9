/**
 * Where in the app somebody wants to stands behind the "#", which no server is told. It goes along with the forms, whose answers lead on
 * with it (RFC 9110 §10.2.2). Without this script signing in leads to where the app begins.
 */
const [place] = /^#\/settings\/[a-z]+$/.exec(location.hash) ?? []
if (place !== undefined) for (const form of document.forms) form.action += place
