import type { Phrases } from '../shapes.js';

/** What is said of who one is, and of what one may. */
export const access: Phrases = {
  sentences: {
    'None of your roles allows to execute process "{0}".': 'Keine Ihrer Rollen erlaubt, den Prozess „{0}“ auszuführen.',
    'None of your roles allows to {0!} this job.': 'Keine Ihrer Rollen erlaubt, {0}.',
    'This asks for a token that may do so: send it as "Authorization: Bearer TOKEN", or sign in with a browser.':
      'Dies verlangt ein Token, das es darf: Senden Sie es als „Authorization: Bearer TOKEN“, oder melden Sie sich mit einem Browser an.',
    '{0!} {1} requests wait for their jobs, which is as many as may at once ({2}).':
      '{0} warten {1} Anfragen auf ihre Jobs, so viele, wie es zugleich dürfen ({2}).',
    '{0!} {1} {2!}, which is as many as may at once ({3}).': '{0}: {1} {2}, so viele, wie zugleich dürfen ({3}).',
    '{0} {1!}, which is as many as this server has at once (server.{2}.at_once).':
      '{0} {1}, so viele, wie dieser Server zugleich hat (server.{2}.at_once).',
    'This server makes no links for others: {0+}.': 'Dieser Server macht keine Links für andere: {0}.',
    'no key is set that encrypts sessions (access.key)':
      'es ist kein Schlüssel eingestellt, der Anmeldungen verschlüsselt (access.key)',
    'The token is not known to the issuer, is over, or is not for this server.':
      'Der Aussteller kennt das Token nicht, oder es ist abgelaufen, oder nicht für diesen Server.',
    'Too many tokens are being asked for at this moment.': 'Gerade wird nach zu vielen Token gefragt.',
    'The issuer of tokens cannot be asked now, so that this one cannot be checked.':
      'Der Aussteller der Token ist gerade nicht zu fragen, so dass dieses sich nicht prüfen lässt.',
    'The keys of the issuer of tokens cannot be fetched now, so that this one cannot be checked.':
      'Die Schlüssel des Ausstellers sind gerade nicht zu holen, so dass dieses Token sich nicht prüfen lässt.',
    'The token {0!}.': 'Das Token {0}.',
    'The token is not that of this server. A process that judges by itself may know it.':
      'Das Token ist nicht das dieses Servers. Ein Prozess, der selbst entscheidet, kennt es vielleicht.',
    'The token is not known to this server, or is over.': 'Der Server kennt das Token nicht, oder es ist abgelaufen.',
    'Nobody can sign in with OpenID Connect at this server.':
      'An diesem Server kann sich niemand mit OpenID Connect anmelden.',
    'You may send {0} bytes as inputs of one execution ({1}), and these are {2} or more; nothing was created.':
      'Sie dürfen {0} Bytes als Eingaben einer Ausführung senden ({1}), und diese sind {2} oder mehr; es wurde nichts angelegt.',
    'You may execute {0} times in a minute ({1}), and have; nothing was created.':
      'Sie dürfen {0} Mal in einer Minute ausführen ({1}), und haben es getan; es wurde nichts angelegt.',
    '{0} of your jobs wait, and {1} may ({2}); nothing was created. Try again when some have started.':
      '{0} Ihrer Jobs warten, und {1} dürfen es ({2}); es wurde nichts angelegt. Versuchen Sie es, wenn einige begonnen haben.',
    'Results and logs of your jobs take {0} bytes of the store, and {1} may be ({2}); nothing was created. Remove jobs that you need no more (DELETE /jobs/{jobId}); the largest: {3}.':
      'Ergebnisse und Logs Ihrer Jobs brauchen {0} Bytes des Speichers, und {1} dürfen es sein ({2}); es wurde nichts angelegt. Entfernen Sie Jobs, die Sie nicht mehr brauchen (DELETE /jobs/{jobId}); die größten: {3}.',
    'Links for others are made by who owns the job and may read its results.':
      'Links für andere macht, wem der Job gehört und wer seine Ergebnisse lesen darf.',
    'The body must be a JSON object, as in {"for": "results", "expires_in": 86400}.':
      'Der Inhalt muss ein JSON-Objekt sein, wie {"for": "results", "expires_in": 86400}.',
    'No such link can be made.': 'Einen solchen Link kann es nicht geben.',
    'must be seconds, from 1 to {0} (access.links_max_days)':
      'müssen Sekunden sein, von 1 bis {0} (access.links_max_days)',
    'is no member of it': 'gehört nicht dazu',
    'is there where roles say who may what (access.roles), which they do not here':
      'gibt es, wo Rollen sagen, wer was darf (access.roles), was sie hier nicht tun',
    'This link is over or was never made: ask whoever gave it to you for another.':
      'Dieser Link ist abgelaufen oder wurde nie gemacht: Bitten Sie, wer ihn Ihnen gab, um einen anderen.',
  },
  parts: {
    'read the log of': 'das Log dieses Jobs zu lesen',
    'read the status of': 'den Status dieses Jobs zu lesen',
    'read the results of': 'die Ergebnisse dieses Jobs zu lesen',
    dismiss: 'diesen Job abzubrechen',
    'From your address': 'Von Ihrer Adresse',
    'Of you': 'Von Ihnen',
    'requests wait for their jobs': 'Anfragen warten auf ihre Jobs',
    'is longer than {0} characters': 'ist länger als {0} Zeichen',
    'is not of the issuer that this server trusts (iss)': 'ist nicht von dem Aussteller, dem dieser Server traut (iss)',
    'has no claim {0} that says whose it is': 'hat keinen Claim {0}, der sagt, wessen es ist',
    'is an ID token (it has nonce, at_hash or c_hash); send the access token':
      'ist ein ID-Token (es hat nonce, at_hash oder c_hash); senden Sie das Access-Token',
    'is for the login client alone (aud), as an ID token is; send an access token that is for this server':
      'ist nur für den Client der Anmeldung (aud), wie ein ID-Token; senden Sie ein Access-Token für diesen Server',
    'is over (exp)': 'ist abgelaufen (exp)',
    'is not signed by one of {0} (alg)': 'ist mit keinem von {0} signiert (alg)',
    'has a signature that does not match': 'hat eine Signatur, die nicht passt',
    'is signed with a key that the issuer does not have (kid)':
      'ist mit einem Schlüssel signiert, den der Aussteller nicht hat (kid)',
    'does not say which key of the issuer signed it (kid)':
      'sagt nicht, welcher Schlüssel des Ausstellers es signiert hat (kid)',
    'is no valid JWT': 'ist kein gültiges JWT',
    'is not for this server (aud, expected {0})': 'ist nicht für diesen Server (aud, erwartet {0})',
    'is not valid yet (nbf)': 'gilt noch nicht (nbf)',
    'is of another type (typ, expected {0}): an access token was expected':
      'ist von anderer Art (typ, erwartet {0}): Erwartet war ein Access-Token',
    'has a wrong or missing claim ({0})': 'hat einen falschen Claim, oder einer fehlt ({0})',
    "running, a limit of its caller's roles or of access.limits":
      'running, eine Grenze der Rollen dessen, der ihn gab, oder von access.limits',
  },
};
