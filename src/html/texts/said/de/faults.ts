import type { Phrases } from '../shapes.js';

/** What is wrong with a parameter or an input, which is the subject of the sentence. */
export const faults: Phrases = {
  sentences: {
    '{0!} (is {1+})': '{0} (ist {1})',
    'is missing; it is required': 'fehlt, muss aber da sein',
    'is not allowed': 'ist nicht erlaubt',
    'is not known; known are name and priority': 'ist nicht bekannt; bekannt sind name und priority',
    'is not known; known are {0}': 'ist nicht bekannt; bekannt sind {0}',
    'is no parameter here; known are {0}': 'ist hier kein Parameter; bekannt sind {0}',
    'is not a parameter of this resource; those are {0}': 'ist kein Parameter dieser Ressource; sie hat {0}',
    'is no parameter of process {0}; inputs are {1}': 'ist kein Parameter des Prozesses {0}; Eingaben sind {1}',
    'is no parameter: addresses are logged; send the token as "Authorization: Bearer TOKEN"':
      'ist kein Parameter: Adressen stehen im Log; senden Sie das Token als „Authorization: Bearer TOKEN“',
    'is no output of process {0}; known are {1}': 'ist kein Ergebnis des Prozesses {0}; bekannt sind {1}',
    'is no input of process {0}; known are {1}': 'ist keine Eingabe des Prozesses {0}; bekannt sind {1}',
    'is no input that takes a file; known are {0}': 'ist keine Eingabe, die eine Datei nimmt; bekannt sind {0}',
    'is not one that this server gave for this order': 'ist keiner, den dieser Server für diese Reihenfolge gab',
    'is given a second time (line {0}, column {1}): a key may stand in an object only once':
      'steht ein zweites Mal da (Zeile {0}, Spalte {1}): Ein Schlüssel darf in einem Objekt nur einmal stehen',
    'must be given at most {0} times (is {1} times)': 'darf höchstens {0}-mal gegeben sein (ist es {1}-mal)',
    'must be given once': 'darf nur einmal gegeben sein',
    'must be given in one way, not as {0,}': 'muss auf eine Art gegeben sein, nicht als {0}',
    'must be given in one way: choose which': 'muss auf eine Art gegeben sein: Wählen Sie, welche',
    'must not be given with cursor: a page begins at the one or after the other':
      'darf nicht neben cursor stehen: Eine Seite beginnt bei dem einen oder nach dem anderen',
    'must not be given both by itself and by [{0}]': 'darf nicht sowohl für sich als auch durch [{0}] gegeben sein',
    'must not be given with the header Idempotency-Key, which decides the id of the job itself':
      'darf nicht neben der Kopfzeile Idempotency-Key stehen, die selbst über die Kennung des Jobs entscheidet',
    'must not be a UUID of version 8, as requests with an Idempotency-Key have':
      'darf keine UUID der Version 8 sein, wie Anfragen mit Idempotency-Key sie haben',
    'must not stand beside tail': 'darf nicht neben tail stehen',
    'must not be set: process {0} does not let its clients choose it':
      'darf nicht gesetzt sein: Prozess {0} lässt es nicht wählen',
    'must not be nested deeper than {0} levels': 'darf nicht tiefer als {0} Ebenen verschachtelt sein',
    'must not hold the same item twice (items {0} and {1})': 'darf nicht dasselbe zweimal enthalten ({0} und {1})',
    'must not be true: this process does not allow it': 'darf nicht true sein: Dieser Prozess erlaubt es nicht',
    'must be an integer {0!}': 'muss eine ganze Zahl {0} sein',
    'must be an integer from {0} to {1}': 'muss eine ganze Zahl von {0} bis {1} sein',
    'must be a list of at most {0} texts': 'muss eine Liste von höchstens {0} Texten sein',
    'must be a text of 1 to {0} characters, in one line, without blanks at its ends':
      'muss ein Text aus 1 bis {0} Zeichen sein, in einer Zeile, ohne Leerzeichen an den Enden',
    'is the same as {0}': 'ist dasselbe wie {0}',
    'must be one of {0}': 'muss eines von {0} sein',
    'must be one key of 1 to {0} visible ASCII characters, best a UUID in double quotes; without them it holds no comma, quote, backslash or blank':
      'muss ein Schlüssel aus 1 bis {0} sichtbaren ASCII-Zeichen sein, am besten eine UUID in doppelten Anführungszeichen; ohne sie enthält er weder Komma noch Anführungszeichen, Backslash oder Leerzeichen',
    'must be text or html': 'muss text oder html sein',
    'must be json or html or csv': 'muss json, html oder csv sein',
    'must not be owner: jobs have owners where roles say who may what (access.roles), which they do not here':
      'darf nicht owner sein: Jobs gehören jemandem, wo Rollen sagen, wer was darf (access.roles), was sie hier nicht tun',
    'must be json or html': 'muss json oder html sein',
    'must be true or false': 'muss true oder false sein',
    'must be UTF-8': 'muss UTF-8 sein',
    'must be UTF-8, percent-encoded': 'muss UTF-8 sein, prozentkodiert',
    'must be JSON, percent-encoded': 'muss JSON sein, prozentkodiert',
    'must be JSON ({0+})': 'muss JSON sein ({0})',
    'must be base64': 'muss base64 sein',
    'must be base64 of a YAML mapping whose keys are names of variables':
      'muss base64 von YAML sein, dessen Schlüssel Namen von Variablen sind',
    'must end lines by LF or CR LF: a lone CR, U+0085, U+2028 or U+2029 must be escaped':
      'muss Zeilen mit LF oder CR LF beenden: Ein einzelnes CR, U+0085, U+2028 oder U+2029 muss maskiert sein',
    'must be "raw" or "document"': 'muss "raw" oder "document" sein',
    'must be at least {0}': 'muss mindestens {0} sein',
    'must be at most {0}': 'darf höchstens {0} sein',
    'must be more than {0}': 'muss mehr als {0} sein',
    'must be less than {0}': 'muss weniger als {0} sein',
    'must be a multiple of {0}': 'muss ein Vielfaches von {0} sein',
    'must be of the format {0}': 'muss im Format {0} sein',
    'must be an absolute http or https URI': 'muss eine absolute http- oder https-Adresse sein',
    'must be a JSON object with the member inputs': 'muss ein JSON-Objekt mit dem Mitglied inputs sein',
    'must be an object with transmissionMode or format, or {}':
      'muss ein Objekt mit transmissionMode oder format sein, oder {}',
    'must be the id of an event of this log': 'muss die Kennung eines Ereignisses dieses Logs sein',
    'must be the name of a container, of at most {0} characters':
      'muss der Name eines Containers sein, mit höchstens {0} Zeichen',
    'must be the name of a variable': 'muss der Name einer Variable sein',
    'must be the name of an environment variable that clients may set':
      'muss der Name einer Umgebungsvariable sein, die Clients setzen dürfen',
    'must be a text, a number or a boolean': 'muss ein Text, eine Zahl oder ein boolescher Wert sein',
    'must be a relative path without ".."': 'muss ein relativer Pfad ohne „..“ sein',
    'must be a path without ".."': 'muss ein Pfad ohne „..“ sein',
    'must be an image that this process allows: {0+}': 'muss ein Image sein, das dieser Prozess erlaubt: {0}',
    'must be a purpose that this process allows: {0+}': 'muss ein Zweck sein, den dieser Prozess erlaubt: {0}',
    'must be a number that Python can hold: an integer of at most 4300 digits, or at most 1.8e308':
      'muss eine Zahl sein, die Python fassen kann: eine ganze von höchstens 4300 Ziffern, oder höchstens 1.8e308',
    "must be a UUID in lower case, as in 019ad0c5-3f5a-7c3e-8a53-5d1f0e6b7a42, for only such jobs are this manager's{0}":
      'muss eine UUID in Kleinbuchstaben sein, wie 019ad0c5-3f5a-7c3e-8a53-5d1f0e6b7a42, denn nur solche Jobs gehören diesem Server{0}',
    'must be an RFC 3339 date-time, or an interval START/END with ".." for an open end':
      'muss ein Zeitpunkt nach RFC 3339 sein, oder ein Zeitraum ANFANG/ENDE, mit „..“ für ein offenes Ende',
    'must be ids of outputs of the job, which are {0}': 'müssen Ergebnisse des Jobs sein, das sind {0}',
    'must be ids of jobs': 'müssen Kennungen von Jobs sein',
    'must be at most {0} ids (are {1})': 'dürfen höchstens {0} Kennungen sein (sind {1})',
    'must be less: the job would keep {0} bytes of names and formats of outputs, and may keep {1}':
      'muss weniger sein: Der Job würde {0} Bytes an Namen und Formaten von Ergebnissen behalten, und darf {1}',
    'must be {0#}': 'muss {0} sein',
    'must be {0!}': 'muss {0} sein',
    'must be {0!} or null': 'muss {0} oder null sein',
    'must be {0!} or {1!}': 'muss {0} oder {1} sein',
    'must have the + of its offset written as %2B in an address':
      'muss das + seiner Zeitverschiebung in einer Adresse als %2B haben',
    'must have a time zone, which is missing: Z for UTC, or an offset such as +01:00, at its end':
      'muss am Ende eine Zeitzone haben, die fehlt: Z für UTC, oder eine Verschiebung wie +01:00',
    'must have at least {0} character': 'muss mindestens {0} Zeichen haben',
    'must have at least {0} characters': 'muss mindestens {0} Zeichen haben',
    'must have at most {0} character': 'darf höchstens {0} Zeichen haben',
    'must have at most {0} characters': 'darf höchstens {0} Zeichen haben',
    'must have at least {0} item': 'muss mindestens {0} Element haben',
    'must have at least {0} items': 'muss mindestens {0} Elemente haben',
    'must have at most {0} item': 'darf höchstens {0} Element haben',
    'must have at most {0} items': 'darf höchstens {0} Elemente haben',
    'must have at least {0} properties': 'muss mindestens {0} Eigenschaften haben',
    'must have at most {0} properties': 'darf höchstens {0} Eigenschaften haben',
    'must have at least {0}': 'muss mindestens {0} haben',
    'must have at most {0}': 'darf höchstens {0} haben',
    'must have {0+} {1} properties': 'muss {0} {1} Eigenschaften haben',
    'must have {0!} (has {1})': 'muss {0} haben (hat {1})',
    'must have at most {0} bytes': 'darf höchstens {0} Bytes haben',
    'must have at most {0} links to be validated (has {1})':
      'darf höchstens {0} Adressen haben, um geprüft zu werden (hat {1})',
    'must have at most {0} bytes as base64 of YAML (have {1})':
      'darf als base64 von YAML höchstens {0} Bytes haben (hat {1})',
    'must match the regular expression {0}': 'muss dem regulären Ausdruck {0} entsprechen',
    'must match only one of the allowed alternatives, and matches several':
      'darf nur einer der erlaubten Möglichkeiten entsprechen, und entspricht mehreren',
    'must match one of the allowed alternatives: {0,}': 'muss einer der erlaubten Möglichkeiten entsprechen: {0}',
    'must lead to an address of this API of at most {0} bytes':
      'muss zu einer Adresse dieser API führen, mit höchstens {0} Bytes',
    'must name, separated by commas, what to sort by: {0}; with "-" before it: descending':
      'muss, durch Kommas getrennt, nennen, wonach sortiert wird: {0}; mit „-“ davor: absteigend',
    'must come before files: the field token must come before files':
      'muss vor Dateien kommen: Das Feld token kommt vor allen Dateien',
    'must end in the name of a folder': 'muss mit dem Namen eines Ordners enden',
    'must end in the name of a file': 'muss mit dem Namen einer Datei enden',
    'needs a process with a git repository': 'braucht einen Prozess mit einem Git-Repository',
    'needs a value of its own, [value] or [href] beside [{0}]':
      'braucht einen eigenen Wert, [value] oder [href], neben [{0}]',
    'has no [crs]: it is no bounding box': 'hat kein [crs]: Es ist keine Bounding Box',
    'has more than the {0} bytes that inputs of this process may have, {1+}':
      'hat mehr als die {0} Bytes, die Eingaben dieses Prozesses haben dürfen, {1}',
    'has, with what else the form holds, more than the {0} bytes that are validated (server.max_request_bytes); only processes whose processor looks at no inputs, with "large_inputs: url", take larger files':
      'hat, mit dem übrigen Formular, mehr als die {0} Bytes, die geprüft werden (server.max_request_bytes); größere Dateien nehmen nur Prozesse, deren Prozessor keine Eingaben ansieht, mit „large_inputs: url“',
    'has more than the {0} bytes that are fetched to validate it':
      'hat mehr als die {0} Bytes, die zum Prüfen geholt werden',
    'has, with the links before it, more than the {0} bytes that are fetched for one request':
      'hat, mit den Adressen davor, mehr als die {0} Bytes, die für eine Anfrage geholt werden',
    'has more faults than are listed': 'hat mehr Fehler, als aufgeführt sind',
    'redirects to nowhere': 'leitet nirgendwohin weiter',
    'is no http or https address': 'ist keine http- oder https-Adresse',
    'redirects to where this server may not be sent': 'leitet dorthin, wohin dieser Server nicht geschickt werden darf',
    'is at an address that this server may not be sent to':
      'hat eine Adresse, an die dieser Server nicht geschickt werden darf',
    'is at an address that this server may not be sent to ({0})':
      'hat eine Adresse, an die dieser Server nicht geschickt werden darf ({0})',
    'names a host that this server may not be sent to ({0})':
      'nennt einen Rechner, an den dieser Server nicht geschickt werden darf ({0})',
    'did not answer within {0} seconds': 'antwortete nicht innerhalb von {0} Sekunden',
    'sent nothing more for {0} seconds': 'sandte {0} Sekunden lang nichts mehr',
    'could not be fetched to validate it ({0})': 'ließ sich zum Prüfen nicht holen ({0})',
    'could not be fetched within the {0} seconds that all links of a request have':
      'ließ sich nicht in den {0} Sekunden holen, die alle Adressen einer Anfrage haben',
    "leads to what does not fit the input's schema (at {0})":
      'führt zu etwas, das nicht zum Schema der Eingabe passt (bei {0})',
    'stands for a value that was not kept ({"omitted": …}); send the value':
      'steht für einen Wert, der nicht aufbewahrt wurde ({"omitted": …}); senden Sie den Wert',
    'is a mask ({"masked": true}); send the value': 'ist eine Maske ({"masked": true}); senden Sie den Wert',
    'is a mask ({"masked": true}); send the address': 'ist eine Maske ({"masked": true}); senden Sie die Adresse',
    'says that there were inputs that are not named here; send them, and this member not':
      'sagt, dass es Eingaben gab, die hier nicht genannt sind; senden Sie diese, und nicht dieses Mitglied',
    'does not fulfil {0}': 'erfüllt {0} nicht',
    'takes more steps than are made to compare it with its schema; nest it less deep':
      'braucht mehr Schritte, als gemacht werden, um es mit seinem Schema zu vergleichen; verschachteln Sie es weniger',
  },
  parts: {
    'must be an object{0+}': 'muss ein Objekt sein{0}',
    ' (is an array)': ' (ist eine Liste)',
    ', or others': ', oder andere',
    'more than': 'mehr als',
    'less than': 'weniger als',
    'an address': 'Adresse',
    'its root': 'der ganze Wert',
    'of at least {0}': 'von mindestens {0}',
    'from {0} to {1}': 'von {0} bis {1}',
    'at least': 'mindestens',
    'at most': 'höchstens',
    'at least {0} value': 'mindestens {0} Wert',
    'at least {0} values': 'mindestens {0} Werte',
    'at least {0} value{1}': 'mindestens {0} Wert{1}',
    '{0} values': '{0} Werte',
    '{0} to {1} values': '{0} bis {1} Werte',
    others: 'andere',
    'a string': 'ein Text',
    'a number': 'eine Zahl',
    'an integer': 'eine ganze Zahl',
    'an object': 'ein Objekt',
    'an array': 'eine Liste',
    'a boolean': 'ein Wahrheitswert',
    null: 'null',
    'its own field': 'eigenes Feld',
    'it allows none but its own': 'er erlaubt nur sein eigenes',
    'it allows none': 'er erlaubt keinen',
    'a GeoJSON FeatureCollection: an object with type "FeatureCollection" and an array of features':
      'eine FeatureCollection in GeoJSON: ein Objekt mit type "FeatureCollection" und einer Liste von features',
    'a GeoJSON Feature: an object with type "Feature" and a geometry':
      'ein Feature in GeoJSON: ein Objekt mit type "Feature" und einer geometry',
    'a GeoJSON geometry: an object with type {0} and coordinates, or GeometryCollection and geometries':
      'eine Geometrie in GeoJSON: ein Objekt mit type {0} und coordinates, oder GeometryCollection und geometries',
    'a bounding box: {"bbox": [4 or 6 numbers], "crs": a URI (default CRS84)}':
      'eine Bounding Box: {"bbox": [4 oder 6 Zahlen], "crs": eine URI (ohne: CRS84)}',
    'a link: an object with href': 'eine Adresse: ein Objekt mit href',
  },
};
