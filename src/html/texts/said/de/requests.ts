import type { Phrases } from '../shapes.js';

const NOTHING = 'es wurde nichts angelegt.';

/** What is said of requests as a whole: details of problems. */
export const requests: Phrases = {
  sentences: {
    'The archive does not answer now: jobs that have left the cluster are missing.':
      'Das Archiv antwortet gerade nicht: Jobs, die den Cluster verlassen haben, fehlen.',
    'Cannot {0} /{1}': 'Unter „/{1}“ gibt es hier nichts ({0})',
    'There is no process "{0}".': 'Es gibt keinen Prozess „{0}“.',
    'There is no job "{0}".': 'Es gibt keinen Job „{0}“.',
    'There is no such job.': 'Es gibt keinen solchen Job.',
    'There is no type of problems "{0}".': 'Es gibt keine Art von Problemen „{0}“.',
    'There is no output "{0}"; known are {1+}.': 'Es gibt kein Ergebnis „{0}“; bekannt sind {1}.',
    'Job "{0}" is being removed.': 'Job „{0}“ wird gerade entfernt.',
    'Job "{0}" was dismissed, and has no results.': 'Job „{0}“ wurde abgebrochen und hat keine Ergebnisse.',
    'Job "{0}" has no results yet: its status is "{1}".': 'Job „{0}“ hat noch keine Ergebnisse: Sein Status ist „{1}“.',
    'Job "{0}" has no results to fetch: its execute request asked for none ("outputs": {}).':
      'Job „{0}“ hat keine Ergebnisse zum Abholen: Seine Anfrage verlangte keine ("outputs": {}).',
    'The results of job "{0}" were kept until {1}, as its process says (results_ttl), and have been removed. Its status and log are still there.':
      'Die Ergebnisse von Job „{0}“ wurden bis {1} aufbewahrt, wie sein Prozess es sagt (results_ttl), und sind entfernt. Sein Status und sein Log sind noch da.',
    'Job "{0}" has no log: it has no pod yet, or any more.':
      'Job „{0}“ hat kein Log: Er hat noch keinen Pod, oder keinen mehr.',
    'Job "{0}" has no log: it has no pod{1}.': 'Job „{0}“ hat kein Log: Er hat keinen Pod{1}.',
    'Job "{0}" has no attempt {1}: it has {2}.': 'Job „{0}“ hat keinen Versuch {1}: Er hat {2}.',
    'The log of attempt {0} of job "{1}" was removed: only those after attempt {2} are kept.':
      'Das Log von Versuch {0} des Jobs „{1}“ ist entfernt: Nur die nach Versuch {2} sind aufbewahrt.',
    '{0!} is no longer in the object store (key {1}).': '{0} ist nicht mehr im Objektspeicher (Schlüssel {1}).',
    '{0!} is not whole: of its {1} bytes {2} are in the object store (key {3}).':
      '{0} ist nicht ganz: Von {1} Bytes sind {2} im Objektspeicher (Schlüssel {3}).',
    '{0!} has no container "{1}".': '{0} hat keinen Container „{1}“.',
    'The log has {0} bytes; nothing can be given from byte {1}.': 'Das Log hat {0} Bytes; ab Byte {1} gibt es nichts.',
    'The result has {0} bytes; the range lies behind them.': 'Das Ergebnis hat {0} Bytes; der Bereich liegt dahinter.',
    'The results of job "{0}" cannot be read any more: {1}':
      'Die Ergebnisse von Job „{0}“ lassen sich nicht mehr lesen: {1}',
    'The results of job "{0}" are gone: its pod does not exist any more, and nobody has collected them.':
      'Die Ergebnisse von Job „{0}“ sind fort: Seinen Pod gibt es nicht mehr, und niemand hat sie eingesammelt.',
    'Job "{0}" gave no {1} for output "{2}".': 'Job „{0}“ gab kein Ergebnis „{2}“.',
    'Other large results are being put together; try again.':
      'Andere große Ergebnisse werden gerade zusammengestellt; versuchen Sie es noch einmal.',
    'The results have {0} bytes, more than the {1} that can be put into a document or split into outputs: execute with "response": "raw" and one output, or with "transmissionMode": "reference".':
      'Die Ergebnisse haben {0} Bytes, mehr als die {1}, die sich in ein Dokument fassen oder aufteilen lassen: Führen Sie mit "response": "raw" und einem Ergebnis aus, oder mit "transmissionMode": "reference".',
    'The execute request of job "{0}" is not kept.': 'Die Anfrage von Job „{0}“ ist nicht aufbewahrt.',
    '{0!}, or not any more, beside the request of job "{1}".': '{0}, oder nicht mehr, neben der Anfrage von Job „{1}“.',
    'Job "{0}" goes on, and its result cannot be waited for any longer in this request. Its status: {1}':
      'Job „{0}“ geht weiter, und auf sein Ergebnis kann in dieser Anfrage nicht länger gewartet werden. Sein Status: {1}',
    'Process "{0}" does not let this request pass.': 'Prozess „{0}“ lässt diese Anfrage nicht zu.',
    'Process "{0}" asks for a token, but this server has none configured (PYGEOAPI_K8S_MANAGER_API_TOKEN), so that none can match.':
      'Prozess „{0}“ verlangt ein Token, aber bei diesem Server ist keines eingestellt (PYGEOAPI_K8S_MANAGER_API_TOKEN), so dass keines passen kann.',
    'The token does not match.': 'Das Token passt nicht.',
    'The token is missing.': 'Das Token fehlt.',
    '{0!} asks for a token: send it as "Authorization: Bearer TOKEN", or as the input "token" of an execute request.':
      '{0} verlangt ein Token: Senden Sie es als „Authorization: Bearer TOKEN“, oder als Eingabe „token“ der Ausführung.',
    'Nobody can sign in at this server: {0+}.': 'An diesem Server kann sich niemand anmelden: {0}.',
    '{0} results and logs are being read, which is as many as this server sends at once (server.{1}.at_once).':
      '{0} Ergebnisse und Logs werden gelesen, so viele, wie dieser Server zugleich sendet (server.{1}.at_once).',
    '{0} logs are being followed, which is as many as this server sends at once (server.{1}.at_once).':
      '{0} Logs werden mitgelesen, so viele, wie dieser Server zugleich sendet (server.{1}.at_once).',
    '{0} streams of events are open, which is as many as this server sends at once (server.{1}.at_once).':
      '{0} Ströme von Ereignissen sind offen, so viele, wie dieser Server zugleich sendet (server.{1}.at_once).',
    '{0}, which is as many as this server sends at once (server.{1}.at_once).':
      '{0}: so viele, wie dieser Server zugleich sendet (server.{1}.at_once).',
    'From your address {0} {1+}, which is as many as it may at once (server.{2}.per_caller).':
      'Von Ihrer Adresse: {0}, so viele, wie es von ihr zugleich sein dürfen (server.{2}.per_caller): {1}.',
    'The server failed to answer. The id of this problem stands in its log.':
      'Der Server konnte nicht antworten. Die Nummer dieses Vorfalls steht in seinem Log.',
    '{0} jobs wait for their turn, which is as many as may (max_waiting); nothing was created.': `{0} Jobs warten, bis sie an der Reihe sind, so viele, wie dürfen (max_waiting); ${NOTHING}`,
    '{0!}; nothing was created. Try again when jobs have ended.': `{0}; ${NOTHING} Versuchen Sie es wieder, wenn Jobs beendet sind.`,
    'Too many jobs are being created at this moment; nothing was created.': `In diesem Moment werden zu viele Jobs angelegt; ${NOTHING}`,
    'The quota of the namespace is used up; try again when jobs have ended.':
      'Das Kontingent des Namensraums ist aufgebraucht; versuchen Sie es wieder, wenn Jobs beendet sind.',
    'The cluster does not let this server create the job: {0}':
      'Das Cluster lässt diesen Server den Job nicht anlegen: {0}',
    'The cluster refuses the job that process "{0}" makes: {1}':
      'Das Cluster lehnt den Job ab, den Prozess „{0}“ anlegt: {1}',
    'The cluster refuses this server: {0}': 'Das Cluster lehnt diesen Server ab: {0}',
    'The cluster is asked too much now; nothing was created.': `Das Cluster wird gerade zu viel gefragt; ${NOTHING}`,
    'The cluster could not create the job at this moment; nothing was created.': `Das Cluster konnte den Job gerade nicht anlegen; ${NOTHING}`,
    'The cluster cannot create the job now, for its webhook "{0}" does not answer; nothing was created.': `Das Cluster kann den Job jetzt nicht anlegen, denn sein Webhook „{0}“ antwortet nicht; ${NOTHING}`,
    'The cluster does not answer now. Whether the job was created is not known: with an Idempotency-Key the request can be repeated safely.':
      'Das Cluster antwortet jetzt nicht. Ob der Job angelegt wurde, ist nicht bekannt: Mit einem Idempotency-Key lässt sich die Anfrage gefahrlos wiederholen.',
    'The cluster does not answer now; nothing was created.': `Das Cluster antwortet jetzt nicht; ${NOTHING}`,
    'The cluster does not answer this request now.': 'Das Cluster beantwortet diese Anfrage jetzt nicht.',
    'The object store does not answer this request now.': 'Der Objektspeicher beantwortet diese Anfrage jetzt nicht.',
    'The archive does not answer this request now.': 'Das Archiv beantwortet diese Anfrage jetzt nicht.',
    'The search took too long: ask for fewer jobs, by datetime, processID or status.':
      'Die Suche hat zu lange gedauert: Fragen Sie nach weniger Jobs, mit datetime, processID oder status.',
    'The cluster did not do it, or not yet.': 'Das Cluster hat es nicht getan, oder noch nicht.',
    'Nothing was dismissed: {0+}.': 'Nichts wurde abgebrochen: {0}.',
    'The job would wait for ever: the cluster has no {0,}.':
      'Der Job würde ewig warten: Im Cluster gibt es nicht: {0}.',
    'This process cannot be executed: the server may not list the secrets that its jobs get.':
      'Dieser Prozess lässt sich nicht ausführen: Der Server darf die Secrets nicht auflisten, die seine Jobs bekommen.',
    'The secrets that jobs of this process get cannot be listed now.':
      'Die Secrets, die Jobs dieses Prozesses bekommen, lassen sich jetzt nicht auflisten.',
    'The job_id "{0}" is taken; nothing was created. Choose another UUID, or none.': `Die job_id „{0}“ ist vergeben; ${NOTHING} Wählen Sie eine andere UUID, oder keine.`,
    'The Idempotency-Key stands for job "{0}", which was removed. Use a new key for a new request.':
      'Der Idempotency-Key steht für Job „{0}“, der gelöscht wurde. Nehmen Sie für eine neue Anfrage einen neuen.',
    'The Idempotency-Key was used with another body before, for job "{0}"; it stands for that as long as the job exists. Use a new key for a new request.':
      'Der Idempotency-Key wurde schon mit einem anderen Rumpf benutzt, für Job „{0}“; er steht dafür, solange es den Job gibt. Nehmen Sie für eine neue Anfrage einen neuen.',
    'The request is too large: beside its inputs the job would keep {0} bytes of it, and may keep {1}. Shorter addresses of subscribers and names make it smaller.':
      'Die Anfrage ist zu groß: Neben seinen Eingaben würde der Job {0} Bytes von ihr behalten, und darf {1}. Kürzere Adressen und Namen machen sie kleiner.',
    'The request asks for too many outputs.': 'Die Anfrage verlangt zu viele Ergebnisse.',
    'The subscriber cannot be called.': 'Wer benachrichtigt werden soll, lässt sich nicht erreichen.',
    'The inputs have {0} bytes as JSON; at most {1} reach the container of process "{2}", {3+} Pass large data by link.':
      'Die Eingaben haben als JSON {0} Bytes; höchstens {1} erreichen den Container des Prozesses „{2}“, {3} Geben Sie große Daten als Adresse.',
    'The inputs are too large: of {0} bytes as JSON they make a pod of {1} bytes, and the Job itself may hold {2} of them (max_inline_inputs). Pass large data by link.':
      'Die Eingaben sind zu groß: Aus {0} Bytes JSON wird ein Pod von {1} Bytes, und der Job selbst darf {2} davon halten (max_inline_inputs). Geben Sie große Daten als Adresse.',
    'The execute request does not fit process "{0}".': 'Die Anfrage passt nicht zum Prozess „{0}“.',
    'The client has gone.': 'Der Aufrufer ist fort.',
    'The server holds at most {0} bytes at a time of what inputs given by link lead to (server.linked_inputs.at_once). Nothing was done; try again.':
      'Der Server hält höchstens {0} Bytes zugleich von dem, worauf Adressen in Eingaben führen (server.linked_inputs.at_once). Es ist nichts geschehen; versuchen Sie es noch einmal.',
    '{0+} The first {1} faults are listed; there are more.': '{0} Die ersten {1} Fehler sind aufgeführt; es gibt mehr.',
    'A header is wrong.': 'Eine Kopfzeile ist falsch.',
    'A parameter is wrong.': 'Ein Parameter ist falsch.',
    'A parameter of the request is wrong: f {0+}.': 'Ein Parameter der Anfrage ist falsch: f {0}.',
    'A parameter of the request is wrong: {0}.': 'Ein Parameter der Anfrage ist falsch: {0}.',
    'The parameters of the job list are wrong.': 'Die Parameter der Jobliste sind falsch.',
    'The parameters of the results are wrong.': 'Die Parameter der Ergebnisse sind falsch.',
    'This resource is there as {0}; the request accepts only {1+}.':
      'Diese Ressource gibt es als {0}; die Anfrage nimmt nur {1} an.',
    'The API definition is there in OpenAPI {0,}.': 'Die API-Definition gibt es in OpenAPI {0}.',
    'This address executes; it was not opened by a person or a program, but by another site, or ahead of time.':
      'Diese Adresse führt aus; geöffnet hat sie kein Mensch oder Programm, sondern eine fremde Seite, oder ein Browser im Voraus.',
    'This form was not sent by a page of this server.':
      'Dieses Formular wurde nicht von einer Seite dieses Servers gesandt.',
    'This address takes forms ({0,}).': 'Diese Adresse nimmt Formulare ({0}).',
    'This address takes forms without files (application/x-www-form-urlencoded).':
      'Diese Adresse nimmt Formulare ohne Dateien (application/x-www-form-urlencoded).',
    'This resource takes JSON (application/json), not forms.':
      'Diese Ressource nimmt JSON (application/json), keine Formulare.',
    '{0} is no method of this resource.': '{0} ist keine Methode dieser Ressource.',
    'This server does not answer to the host of this request. Operator: server.hosts (or server.url) names the hosts that it answers to.':
      'Dieser Server antwortet nicht für den Rechner, dem diese Anfrage gilt. Betreiber: server.hosts (oder server.url) nennt die, für die er antwortet.',
    'Too many requests with wrong tokens came from this address; try again later.':
      'Von dieser Adresse kamen zu viele Anfragen mit falschen Token; versuchen Sie es später wieder.',
    'The header {0} has {1} characters; at most {2} are read.':
      'Die Kopfzeile {0} hat {1} Zeichen; höchstens {2} werden gelesen.',
    'The form cannot be read.': 'Das Formular lässt sich nicht lesen.',
    'The form has a part without a name.': 'Das Formular hat einen Teil ohne Namen.',
    'The form has more than {0} parts.': 'Das Formular hat mehr als {0} Teile.',
    'A file of the form is too large for its process.': 'Eine Datei des Formulars ist zu groß für seinen Prozess.',
    'The texts of a form have at most {0} bytes together (server.max_request_bytes): send larger ones as files.':
      'Die Texte eines Formulars haben zusammen höchstens {0} Bytes (server.max_request_bytes): Senden Sie größere als Dateien.',
    'The server reads at most {0} bytes of a form with files (server.max_upload_bytes), and this one has more.':
      'Der Server liest höchstens {0} Bytes eines Formulars mit Dateien (server.max_upload_bytes), und dieses hat mehr.',
    'The server reads at most {0} bytes of a form with files (server.max_upload_bytes), and this one {1+}.':
      'Der Server liest höchstens {0} Bytes eines Formulars mit Dateien (server.max_upload_bytes), und dieses {1}.',
    'The server holds at most {0} bytes at a time of files on their way (server.max_upload_bytes_in_flight). Nothing was done; try again.':
      'Der Server hält höchstens {0} Bytes zugleich von Dateien, die unterwegs sind (server.max_upload_bytes_in_flight). Es ist nichts geschehen; versuchen Sie es noch einmal.',
    'At most {0} forms with files are read of one address at a time.':
      'Von einer Adresse werden höchstens {0} Formulare mit Dateien zugleich gelesen.',
    'The body broke off.': 'Der Rumpf brach ab.',
    'The body is no multipart/form-data: {0}.': 'Der Rumpf ist kein multipart/form-data: {0}.',
    'The body cannot be read as multipart/form-data: {0}.':
      'Der Rumpf lässt sich nicht als multipart/form-data lesen: {0}.',
    'At most {0} bytes are read; the body {1+}.': 'Höchstens {0} Bytes werden gelesen; der Rumpf {1}.',
    'The server reads at most {0} bytes of a body (MAX_REQUEST_BYTES, server.max_request_bytes), and this one {1+}.':
      'Der Server liest höchstens {0} Bytes eines Rumpfs (MAX_REQUEST_BYTES, server.max_request_bytes), und dieser {1}.',
    'The body of a request to process "{0}" has at most {1} bytes where no token that opens it is in the header, and this one {2+}: send the token as "Authorization: Bearer TOKEN".':
      'Der Rumpf einer Anfrage an Prozess „{0}“ hat höchstens {1} Bytes, wo in der Kopfzeile kein Token steht, das ihn öffnet, und dieser {2}: Senden Sie das Token als „Authorization: Bearer TOKEN“.',
    'The server reads no more than {0} bytes of bodies at a time (MAX_REQUEST_BYTES_IN_FLIGHT, server.max_request_bytes_in_flight; of requests without the token half of it). Nothing was done; try again.':
      'Der Server liest zugleich nicht mehr als {0} Bytes an Rümpfen (MAX_REQUEST_BYTES_IN_FLIGHT, server.max_request_bytes_in_flight; von Anfragen ohne Token die Hälfte). Es ist nichts geschehen; versuchen Sie es noch einmal.',
    'The body is not in the coding {0} that Content-Encoding names: {1}.':
      'Der Rumpf ist nicht in der Codierung {0}, die Content-Encoding nennt: {1}.',
    'The body is in the coding "{0}" (Content-Encoding), which is not read; those that are: {1}, one of them, or none.':
      'Der Rumpf ist in der Codierung „{0}“ (Content-Encoding), die nicht gelesen wird; gelesen werden: {1}, eine davon, oder keine.',
    'The body is no JSON. {0+}': 'Der Rumpf ist kein JSON. {0}',
    'The body has a key twice in one object.': 'Der Rumpf hat einen Schlüssel zweimal in einem Objekt.',
    'The body is nested too deep.': 'Der Rumpf ist zu tief verschachtelt.',
    'Expected {0+} at line {1}, column {2}, and found {3+}.':
      'Erwartet war in Zeile {1}, Spalte {2}: {0}; gefunden: {3}.',
    'The key of {0} is given a second time at line {1}, column {2}.':
      'Den Schlüssel {0} gibt es in Zeile {1}, Spalte {2} zum zweiten Mal.',
    'Arrays and objects are nested deeper than {0} levels at line {1}, column {2}.':
      'Listen und Objekte sind in Zeile {1}, Spalte {2} tiefer als {0} Ebenen verschachtelt.',
    'No more than {0} bytes are held at a time.': 'Es werden nicht mehr als {0} Bytes zugleich gehalten.',
    'The host {0} is at an address that this server may not be sent to.':
      'Der Rechner {0} hat eine Adresse, an die dieser Server nicht geschickt werden darf.',
    '{0+} In a form it may also be the field "{1}", which must come before files.':
      '{0} In einem Formular kann es auch das Feld „{1}“ sein, das vor Dateien kommen muss.',
    '{0+}\nThe last lines of its log:\n{1}': '{0}\nDie letzten Zeilen seines Logs:\n{1}',
    'Pages have no such script.': 'Solch ein Skript haben Seiten nicht.',
    'There is nothing more to say about it.': 'Mehr ist dazu nicht zu sagen.',
  },
  parts: {
    ' yet, or any more': ' noch nicht, oder nicht mehr',
    none: 'keine',
    nothing: 'nichts',
    'The job': 'Der Job',
    'Process "{0}"': 'Prozess „{0}“',
    'An execution of {0}': 'Eine Ausführung von {0}',
    'The log of job "{0}"': 'Das Log von Job „{0}“',
    'The log of attempt {0} of job "{1}"': 'Das Log von Versuch {0} des Jobs „{1}“',
    'The result of job "{0}"': 'Das Ergebnis von Job „{0}“',
    'There are no such inputs': 'Solche Eingaben gibt es nicht',
    'Input "{0}" is not kept': 'Eingabe „{0}“ ist nicht aufbewahrt',
    'results and logs are being read': 'Ergebnisse und Logs werden gelesen',
    'logs are being followed': 'Logs werden mitgelesen',
    'streams of events are open': 'Ströme von Ereignissen sind offen',
    'no token is set that one could sign in with (PYGEOAPI_K8S_MANAGER_API_TOKEN)':
      'Es ist kein Token eingestellt, mit dem man es könnte (PYGEOAPI_K8S_MANAGER_API_TOKEN)',
    '{0} jobs of process "{1}" have not ended, and {2} may be (max_jobs of the process)':
      '{0} Jobs des Prozesses „{1}“ sind nicht beendet, und {2} dürfen es sein (max_jobs des Prozesses)',
    '{0} jobs of processes that ask for no token have not ended, and {1} may be (server.manager.max_jobs)':
      '{0} Jobs von Prozessen, die kein Token verlangen, sind nicht beendet, und {1} dürfen es sein (server.manager.max_jobs)',
    'no job was selected': 'Es war kein Job ausgewählt',
    'at most {0} jobs can be dismissed at once (are {1})':
      'Höchstens {0} Jobs lassen sich zugleich abbrechen (sind {1})',
    'LocalQueue "{0}" in namespace {1}': 'LocalQueue „{0}“ im Namensraum {1}',
    'for the Job itself holds them, in an environment variable (max_inline_inputs is {0}; it may be up to {1}). {2+}':
      'denn der Job selbst hält sie, in einer Umgebungsvariable (max_inline_inputs ist {0}; es darf bis {1} sein). {2}',
    'for the Job itself holds them, in an environment variable (max_inline_inputs is {0}; it may be up to {1}).':
      'denn der Job selbst hält sie, in einer Umgebungsvariable (max_inline_inputs ist {0}; es darf bis {1} sein).',
    'for they are passed in an environment variable.': 'denn sie werden in einer Umgebungsvariable übergeben.',
    'for they are passed in an environment variable. {0+}': 'denn sie werden in einer Umgebungsvariable übergeben. {0}',
    'More would be given by address, which needs an object store and server.internal_url.':
      'Mehr würde als Adresse gegeben; dafür braucht es einen Objektspeicher und server.internal_url.',
    'More would be given by address where its definition had "large_inputs: url", which says that its container reads them there.':
      'Mehr würde als Adresse gegeben, wenn seine Definition „large_inputs: url“ hätte, was sagt, dass sein Container sie dort liest.',
    'Its container cannot read them from an address ("large_inputs: url").':
      'Sein Container kann sie nicht von einer Adresse lesen („large_inputs: url“).',
    'Pass large data by link.': 'Geben Sie große Daten als Adresse.',
    'has {0} bytes (Content-Length)': 'hat {0} Bytes (Content-Length)',
    'has more bytes: {0} had arrived when it was cut off':
      'hat mehr Bytes: {0} waren angekommen, als er abgeschnitten wurde',
    '{0} bytes had arrived': '{0} Bytes waren angekommen',
    'the body has {0} bytes': 'der Rumpf hat {0} Bytes',
    'unfolds from {0} to more ({1} bytes when it was cut off; {2+})':
      'wird aus {0} entpackt größer ({1} Bytes, als er abgeschnitten wurde; {2})',
    'the end': 'das Ende',
    'another character': 'ein anderes Zeichen',
    'a value': 'ein Wert',
    'a value or ]': 'ein Wert oder ]',
    'a value (JSON has no NaN and no Infinity)': 'ein Wert (JSON hat kein NaN und kein Infinity)',
    'a comma or ]': 'ein Komma oder ]',
    'a comma or }': 'ein Komma oder }',
    'a comma or the end of the array or object': 'ein Komma oder das Ende der Liste oder des Objekts',
    'a key in double quotes': 'ein Schlüssel in doppelten Anführungszeichen',
    'a key in double quotes or }': 'ein Schlüssel in doppelten Anführungszeichen oder }',
    'a colon after the key': 'ein Doppelpunkt nach dem Schlüssel',
    'a double quote that ends the text': 'ein doppeltes Anführungszeichen, das den Text beendet',
    'a double quote that ends the text, and control characters to be escaped':
      'ein doppeltes Anführungszeichen, das den Text beendet, und Steuerzeichen mit Escape',
    'control characters to be written as \\n or \\u000a': 'Steuerzeichen, geschrieben als \\n oder \\u000a',
    'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX':
      'eine der Folgen \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX',
    'four hexadecimal digits': 'vier Hexadezimalziffern',
    'a digit': 'eine Ziffer',
    'a number without zeros before it': 'eine Zahl ohne Nullen davor',
    'a digit after the point': 'eine Ziffer nach dem Punkt',
    'a digit of the exponent': 'eine Ziffer des Exponenten',
    'an exponent of at most {0} digits': 'ein Exponent von höchstens {0} Ziffern',
    'nothing more after the value': 'nichts mehr nach dem Wert',
  },
};
