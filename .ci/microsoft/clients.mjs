// Microsoft's own JavaScript client and MSAL, unchanged, on the embedded service:
// sign-in by secret and by device code, contacts, folders, photos, paging, delta, batch.
import assert from "node:assert/strict";
import { ConfidentialClientApplication, PublicClientApplication } from "@azure/msal-node";
import { BatchRequestContent, BatchResponseContent, Client, PageIterator } from "@microsoft/microsoft-graph-client";

const base = process.argv[2];
const authority = (tenant) => ({ authority: `${base}/${tenant}`, knownAuthorities: [new URL(base).host] });

function graph(token) {
  return Client.init({
    baseUrl: base + "/",
    customHosts: new Set([new URL(base).hostname]),
    authProvider: (done) => done(null, token),
  });
}

async function bySecret() {
  const app = new ConfidentialClientApplication({
    auth: { clientId: "cardferry-app", clientSecret: "sandbox-secret", ...authority("example.org") },
  });
  const got = await app.acquireTokenByClientCredential({ scopes: ["https://graph.microsoft.com/.default"] });
  const list = await graph(got.accessToken).api("/users/adele@sandbox.example/contacts").top(1).get();
  assert.ok(Array.isArray(list.value));
}

async function byDeviceCode() {
  const app = new PublicClientApplication({ auth: { clientId: "cardferry-sandbox", ...authority("common") } });
  const got = await app.acquireTokenByDeviceCode({
    scopes: ["Contacts.ReadWrite", "offline_access"],
    deviceCodeCallback: async (code) => {
      const answer = await fetch(code.verificationUri, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ code: code.userCode, user: "adele@sandbox.example", decision: "approve" }),
      });
      assert.ok(answer.ok, `the page for codes answers ${answer.status}`);
    },
  });
  const again = await app.acquireTokenSilent({ account: got.account, scopes: ["Contacts.ReadWrite"], forceRefresh: true });
  assert.notEqual(again.accessToken, got.accessToken);
  return again.accessToken;
}

async function contacts(client) {
  const made = await client.api("/me/contactFolders").post({ displayName: "From JavaScript" });
  for (let n = 0; n < 25; n++) {
    await client.api(`/me/contactFolders/${made.id}/contacts`).post({ givenName: `Ann ${n}`, emailAddresses: [{ address: `ann${n}@example.org` }] });
  }
  const names = new Set();
  const first = await client.api(`/me/contactFolders/${made.id}/contacts`).top(10).get();
  await new PageIterator(client, first, (c) => names.add(c.givenName)).iterate();
  assert.equal(names.size, 25);

  let round = await client.api(`/me/contactFolders/${made.id}/contacts/delta`).get();
  while (round["@odata.nextLink"]) round = await client.api(round["@odata.nextLink"]).get();
  const one = first.value[0];
  const changed = await client.api(`/me/contacts/${one.id}`).update({ jobTitle: "Pilot" });
  assert.equal(changed.jobTitle, "Pilot");
  const next = await client.api(round["@odata.deltaLink"]).get();
  assert.deepEqual(next.value.map((c) => c.jobTitle), ["Pilot"]);

  const jpeg = Buffer.from("/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APn+v//Z", "base64");
  await client.api(`/me/contacts/${one.id}/photo/$value`).header("Content-Type", "image/jpeg").put(jpeg);
  const photo = await client.api(`/me/contacts/${one.id}/photo/$value`).get();
  assert.equal(photo.size ?? photo.length, jpeg.length);

  const batch = new BatchRequestContent([...names].slice(0, 20).map((name, i) => ({
    id: String(i),
    request: new Request(`${base}/me/contactFolders/${made.id}/contacts?$filter=givenName eq '${name}'`),
  })));
  const answers = new BatchResponseContent(await client.api("/$batch").post(await batch.getContent()));
  for (const [, answer] of answers.getResponses()) {
    const found = await answer.json();
    assert.equal(found.value?.length, 1, `a part is answered ${answer.status} ${JSON.stringify(found)}`);
  }
  await client.api(`/me/contacts/${one.id}`).delete();
  await assert.rejects(client.api(`/me/contacts/${one.id}`).get(), (err) => err.statusCode === 404 && err.code === "ErrorItemNotFound");
  await client.api(`/me/contactFolders/${made.id}`).delete();
}

await bySecret();
console.log("ok      MSAL, client secret; a list of contacts");
const token = await byDeviceCode();
console.log("ok      MSAL, device code, and silently again");
await contacts(graph(token));
console.log("ok      Graph client: folder, contacts, paging, delta, photo, batch, delete");
