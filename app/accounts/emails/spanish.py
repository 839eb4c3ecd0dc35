"""The texts of emails in Spanish, in the familiar form and without words that assume a gender."""

from app.accounts.emails.texts import EmailText, EmailTexts

RESET_SUBJECT = "Elige una contraseña nueva"
RESET_START = """\
Para elegir una contraseña nueva, abre este enlace:

{link}

Funciona una sola vez, durante una hora como mínimo. También puedes escribir
este código allí donde pediste la contraseña nueva; funciona durante diez
minutos:

{code}

El código sirve solo para elegir una contraseña nueva. No se lo des a nadie;
nunca te escribiremos ni te llamaremos para pedírtelo."""
RESET_END = """\
Si no lo has pedido, puedes ignorar este correo; tu contraseña no ha
cambiado."""

UNUSED_START = """\
Hace mucho tiempo que no usas tu cuenta. Para proteger tu privacidad, lo que
hay guardado en ella se borrará en esta fecha (año-mes-día):

{erased_on}

Si quieres conservarlo, solo tienes que iniciar sesión antes de ese día:

{link}

Si ya no lo necesitas, no tienes que hacer nada. La cuenta en sí no se
borra, así que puedes volver cuando quieras."""

SPANISH = EmailTexts(
    greeting="Hola:",
    signature="--\n21\nEste correo es automático; nadie lee las respuestas.",
    texts={
        "confirm_address": EmailText(
            "Confirma tu dirección de correo",
            """\
Te damos la bienvenida. Para confirmar esta dirección, abre este enlace en
un dispositivo en el que hayas iniciado sesión:

{link}

Funciona durante un día como mínimo. También puedes escribir este código
allí donde hayas iniciado sesión; funciona durante diez minutos:

{code}

El código sirve solo para confirmar esta dirección. No se lo des a nadie;
nunca te escribiremos ni te llamaremos para pedírtelo.

Si no lo has pedido, puedes ignorar este correo; quizá alguien escribió mal
su dirección.""",
        ),
        "already_registered": EmailText(
            "Ya tienes una cuenta",
            """\
Alguien, probablemente tú, ha intentado crear una cuenta con esta dirección.
Ya existe una, así que nada ha cambiado; solo tienes que iniciar sesión.

Si has olvidado tu contraseña, aquí puedes elegir una nueva:

{link}

Si no has sido tú, puedes ignorar este correo.""",
        ),
        "reset_password": EmailText(
            RESET_SUBJECT,
            f"""\
{RESET_START}

Al elegir una contraseña nueva, se cerrará tu sesión en todas partes.

{RESET_END}""",
        ),
        "reset_password_unconfirmed": EmailText(
            RESET_SUBJECT,
            f"""\
{RESET_START}

Ten en cuenta que esta dirección nunca se confirmó. Si eliges una contraseña
solo con este correo, se creará una cuenta nueva y vacía. Para conservar lo
que guardaste antes, hay dos maneras: usa el enlace o el código en un
dispositivo en el que tu sesión siga abierta; o bien, si recuerdas tu
contraseña, inicia sesión primero con ella y confirma esta dirección.

{RESET_END}""",
        ),
        "sign_in_code": EmailText(
            "Tu código",
            """\
Usa este código para iniciar sesión o para confirmar que eres tú. Funciona
durante diez minutos:

{code}

No se lo des a nadie; nunca te escribiremos ni te llamaremos para pedírtelo.

Si no has pedido ningún código, puedes ignorar este correo.""",
        ),
        "new_address": EmailText(
            "Confirma tu nueva dirección de correo",
            """\
Para usar esta dirección en tu cuenta a partir de ahora, abre este enlace en
un dispositivo en el que hayas iniciado sesión:

{link}

Funciona durante un día como mínimo. También puedes escribir este código
allí donde hayas iniciado sesión; funciona durante diez minutos:

{code}

El código sirve solo para confirmar tu nueva dirección. No se lo des a
nadie; nunca te escribiremos ni te llamaremos para pedírtelo.

Mientras no la confirmes, nada cambiará. Si no lo has pedido, puedes ignorar
este correo.""",
        ),
        "new_address_taken": EmailText(
            "Sobre tu dirección de correo",
            """\
Alguien ha pedido usar esta dirección para otra cuenta. Ya pertenece a la
tuya, así que nada ha cambiado y no tienes que hacer nada.""",
        ),
        "address_changed": EmailText(
            "Tu dirección de correo ha cambiado",
            """\
Tu cuenta usa ahora otra dirección de correo, tal como se pidió y se
confirmó. A partir de ahora escribiremos a esa dirección.

Si no has sido tú, puede que otra persona tenga acceso a tu cuenta.
Escríbenos, por favor:

{link}""",
        ),
        "password_changed": EmailText(
            "Tu contraseña ha cambiado",
            """\
Tu contraseña ha cambiado y se ha cerrado tu sesión en los demás
dispositivos.

Si no has sido tú, elige cuanto antes una contraseña nueva; así se cerrará
la sesión de cualquier otra persona:

{link}""",
        ),
        "new_device": EmailText(
            "Nuevo inicio de sesión en tu cuenta",
            """\
Se ha iniciado sesión en tu cuenta desde una red que no se había usado antes
con ella. Si has sido tú, por ejemplo fuera de casa, no tienes que hacer
nada.

Si no has sido tú, elige una contraseña nueva; así se cerrará la sesión en
todas partes, también la tuya:

{link}""",
        ),
        "refresh_token_reused": EmailText(
            "Hemos cerrado una de tus sesiones",
            """\
Hemos cerrado una de tus sesiones porque se usó una clave antigua de ella.
Casi siempre es inofensivo: puede ocurrir al restaurar un dispositivo desde
una copia de seguridad. Lo que guardaste sigue ahí; solo tienes que volver a
iniciar sesión.

Si tienes dudas, puedes elegir una contraseña nueva; así se cerrará la
sesión en todas partes, también la tuya:

{link}""",
        ),
        "account_detached": EmailText(
            "Sobre una cuenta anterior con esta dirección",
            """\
Hace un tiempo se creó una cuenta con esta dirección, pero la dirección
nunca se confirmó. Ahora alguien, probablemente tú, ha demostrado que este
buzón es suyo, y la dirección pertenece a otra cuenta. La anterior es
independiente y ya no tiene esta dirección.

Si la cuenta anterior era tuya, todo lo que guardaste sigue ahí, en el
dispositivo donde sigue abierta su sesión. Desde allí puedes darle una
dirección en los ajustes. Por favor, no cierres antes esa sesión, porque
quizá no puedas volver a iniciarla.

Si no era tuya, no tienes que hacer nada; quizá alguien escribió mal su
dirección. Si tienes preguntas, escríbenos:

{link}""",
        ),
        "account_unused": EmailText(
            "Hace mucho tiempo que no usas tu cuenta",
            f"""\
{UNUSED_START}

Te lo recordaremos una vez más.""",
        ),
        "account_unused_last": EmailText(
            "Último recordatorio: hace mucho tiempo que no usas tu cuenta",
            f"""\
{UNUSED_START}

Este es el último recordatorio.""",
        ),
    },
)
