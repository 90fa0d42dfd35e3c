/*
 * The handshake's key and its answer (RFC 6455 sections 4.1 and 4.2.2): SHA-1 of the key and a fixed text proves that a server understood,
 * no more. Apart from the frames since it needs libcrypto. Pure, any thread.
 */
#include "config.h"
#include "proto/websocket.h"

#include <string.h>

#include <openssl/sha.h>

#include "proto/base64.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY_BYTES 16

bool websocket_key_valid(const char *key)
{
	/* the length says that the padding is there, which base64_decode does not ask for */
	return strlen(key) == WEBSOCKET_KEY_LEN && base64_decode(key, WEBSOCKET_KEY_LEN, NULL) == KEY_BYTES;
}

bool websocket_accept_key(const char *key, char out[WEBSOCKET_ACCEPT_LEN + 1])
{
	unsigned char text[WEBSOCKET_KEY_LEN + sizeof(GUID) - 1], digest[SHA_DIGEST_LENGTH];

	_Static_assert(BASE64_ENCODED_LEN(SHA_DIGEST_LENGTH) == WEBSOCKET_ACCEPT_LEN, "room for the digest in base64");
	if (!websocket_key_valid(key))
		return false;
	memcpy(text, key, WEBSOCKET_KEY_LEN);
	memcpy(text + WEBSOCKET_KEY_LEN, GUID, sizeof(GUID) - 1);
	if (!SHA1(text, sizeof(text), digest))
		return false;
	base64_encode(digest, sizeof(digest), out);
	out[WEBSOCKET_ACCEPT_LEN] = '\0';
	return true;
}
