#!/usr/bin/env bash
# `createRemoteJWKSet` of jose keeps the keys of an issuer for `cacheMaxAge` (10 minutes by default). Once they are that old it does not use
# them again before it has fetched them anew: while the issuer is away, tokens of keys that it had a moment ago are refused with the network's
# error. A cache that is due is no cache that is stale; an outage of the issuer is one of whoever checks its tokens.
# Exits with 0 where that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund jose@6.2.18
cat >try.js <<'END'
import { createServer } from 'node:http';
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';

const { privateKey, publicKey } = await generateKeyPair('ES256');
const keys = [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }];
const server = createServer((_, response) => response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const address = new URL(`http://127.0.0.1:${server.address().port}/jwks`);
const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(privateKey);
const fresh = createRemoteJWKSet(address);
const due = createRemoteJWKSet(address, { cacheMaxAge: 0 });
const outcome = (set) => jwtVerify(token, set).then(() => 'verified', ({ message }) => `refused, ${message}`);
console.log(`issuer there: ${await outcome(fresh)}, ${await outcome(due)}`);
server.close();
server.closeAllConnections();
console.log(`issuer away, keys not due: ${await outcome(fresh)}`);
console.log(`issuer away, keys due: ${await outcome(due)}`);
END
echo '== jose 6.2.18'
output=$(node try.js)
echo "$output"
changed=0
for line in 'issuer there: verified, verified' 'issuer away, keys not due: verified' 'issuer away, keys due: refused, fetch failed'; do
  grep -qxF "$line" <<<"$output" || { echo "changed: expected \"$line\""; changed=1; }
done
exit "$changed"
