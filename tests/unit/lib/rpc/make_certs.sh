#!/bin/sh
# make_certs.sh DIR: two authorities and the certificates that the TLS tests need.
#   ca.pem other-ca.pem            authorities that know nothing of each other
#   server.pem client.pem ...      signed by ca: for 127.0.0.1 and "pumasid"; for spiffe names
#   foreign.pem                    a client of the other authority
#   server2.pem                    a second certificate of the server, with its own key
set -eu
cd "$1"
exec >/dev/null 2>&1

authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -keyout "$1.key" -out "$1.pem" -subj "/CN=$1"
}

# leaf NAME AUTHORITY CN EXTENSIONS DAYS
leaf() {
    printf '%s\n' "$4" >"$1.ext"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout "$1.key" -out "$1.csr" -subj "/CN=$3"
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days "$5" \
        -extfile "$1.ext" -out "$1.pem"
}

authority ca
authority other-ca
leaf server ca pumasid "subjectAltName=DNS:pumasid,IP:127.0.0.1" 2
leaf server2 ca pumasid-2 "subjectAltName=DNS:pumasid,IP:127.0.0.1" 2
leaf client ca node-7 "subjectAltName=URI:pumasi://site/a/node/7,URI:pumasi://site/a,DNS:node-7" 2
leaf plain ca only-a-name "basicConstraints=CA:FALSE" 2
leaf foreign other-ca node-7 "subjectAltName=URI:pumasi://site/a/node/7" 2
leaf serveronly ca node-8 "extendedKeyUsage=serverAuth" 2
