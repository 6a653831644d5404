#!/bin/sh
# Makes the secrets that docker-compose.yml asks for, in ./secrets, each random; keeps those that exist.
#   deploy/make_secrets.sh                 the installation's own
#   deploy/make_secrets.sh webhook NAME    secrets/delivery/NAME, for a receiver of webhooks
set -eu
umask 077
folder=${SECRETS_DIR:-secrets}

random_text() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

keep() { # file, content
    if [ -s "$1" ]; then
        echo "kept  $1"
    else
        printf '%s' "$2" >"$1"
        echo "made  $1"
    fi
    # The containers' users are not the host's: the folder is what keeps others out.
    chmod 444 "$1"
}

mkdir -p "$folder/delivery"
chmod 700 "$folder"
chmod 755 "$folder/delivery"

case ${1:-} in
"")
    for name in postgres_password muckwatch_database__password muckwatch_mqtt__password muckwatch_console__password; do
        keep "$folder/$name" "$(random_text)"
    done
    keep "$folder/broker_passwords.conf" "$(
        printf 'MUCKWATCH_PASSWORD: "%s"\nDEVICE_PASSWORD: "%s"\n' \
            "$(cat "$folder/muckwatch_mqtt__password")" "$(random_text)"
    )"
    ;;
webhook)
    name=${2:?the name of the receiver is missing}
    case $name in *[!A-Za-z0-9_-]*) echo "a name has letters, digits, - and _ only" >&2; exit 2 ;; esac
    # Standard Webhooks: whsec_ and the base64 of 24 to 64 random bytes.
    keep "$folder/delivery/$name" "whsec_$(head -c 32 /dev/urandom | base64 | tr -d '\n')"
    ;;
*)
    echo "usage: $0 [webhook NAME]" >&2
    exit 2
    ;;
esac
